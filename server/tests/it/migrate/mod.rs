//! `tallywire migrate`: moving a store from SQLite to PostgreSQL.

mod everything;

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use server::config::{DatabaseConfig, Secret};
use server::store::postgres::PostgresStore;
use server::store::sqlite::SqliteStore;
use server::store::{Connections as _, EventLog as _, Store as _};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::postgres::database;
use crate::support::{Basiq, JWT_SECRET, SERVICE_SECRET, Socket, TestApp, basiq_body, config};
use everything::{REPEATED, answers, fill};

/// The time limit on a slow machine.
const LIMIT: Duration = Duration::from_secs(30);

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tallywire"));
    command.arg("migrate").args(arguments).current_dir(folder).env_clear();
    command.env("DATABASE_URL", "sqlite:t.db").env("JWT_SECRET", JWT_SECRET).env("SERVICE_SECRET", SERVICE_SECRET);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Migrates the store in a folder; returns the output. A pool's connections end a little after the pool.
fn migrate(folder: &Path, to: &str) -> String {
    let begun = std::time::Instant::now();
    loop {
        let output = command(folder, &["--to", to]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() {
            return String::from_utf8(output.stdout).unwrap();
        }
        assert!(said.contains("A server is running on the target") && begun.elapsed() < LIMIT, "{said}");
    }
}

/// Why a command fails.
fn refused(output: &Output) -> String {
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

async fn run(url: &str, statements: &str) {
    let mut database = PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(&mut database).await.unwrap();
    database.close().await.unwrap();
}

async fn number(url: &str, query: &str) -> i64 {
    let mut database = PgConnection::connect(url).await.unwrap();
    sqlx::query_scalar(AssertSqlSafe(query.to_owned())).fetch_one(&mut database).await.unwrap()
}

async fn open(url: &str) -> PostgresStore {
    PostgresStore::open(url, Box::new(|_| {})).await.unwrap()
}

/// Creates the tables in a database, so that a test can add to them.
async fn make_tables(url: &str) {
    open(url).await.close().await;
}

/// The bytes of a database and its log, which a migration must not change.
fn files(folder: &Path) -> Vec<Vec<u8>> {
    ["t.db", "t.db-wal"].iter().map(|name| std::fs::read(folder.join(name)).unwrap_or_default()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migrated_store_answers_every_question_as_before_and_clients_resume() {
    let (folder, url) = (tempfile::tempdir().unwrap(), database());
    let file = folder.path().join("t.db");
    fill(&file).await;
    let before = files(folder.path());
    let printed = migrate(folder.path(), &url);
    assert!(files(folder.path()) == before, "the source is not changed");
    let tables = printed.lines().skip_while(|line| !line.starts_with("table ")).skip(1);
    for line in tables.take_while(|line| !line.contains("not copied")) {
        let rows = line.split_whitespace().nth(1).and_then(|rows| rows.parse::<u64>().ok());
        assert!(rows.is_some_and(|rows| rows > 0), "this test has a row in every table: {line}");
    }
    assert!(printed.contains("rows were copied and are the same in both databases"), "{printed}");
    let compared = command(folder.path(), &["--to", &url, "--verify"]).output().unwrap();
    assert!(compared.status.success(), "{}", String::from_utf8_lossy(&compared.stderr));

    let now = Timestamp::now();
    let (source, target) = (SqliteStore::open(&file, Box::new(|_| {})).unwrap(), open(&url).await);
    let (expected, actual) = (answers(&source, now).await, answers(&target, now).await);
    for (expected, actual) in expected.iter().zip(&actual) {
        assert_eq!(expected, actual);
    }
    assert_eq!(expected.len(), actual.len());
    let newest = target.log_ends("alice".into()).await.unwrap().newest;
    target.close().await;

    let mut settings = config();
    settings.database = DatabaseConfig::Postgres(Secret::new(url.clone()));
    let app = TestApp::with(settings).await;
    let auth = json!({ "token": app.token("alice", 600), "since": 2, "epoch": source.epoch() });
    let mut socket = Socket::connect(&app.address, Some(auth), &[]).await;
    socket.expect("authenticated").await;
    let (id, transaction) = REPEATED;
    let body = basiq_body("conn-alice", transaction, "-9").to_string().into_bytes();
    assert_eq!(Basiq::default().send_as(&app, id, body).await.status(), 200, "a repetition changes nothing");
    Basiq::default().deliver(&app, &basiq_body("conn-alice", "t-next", "-1")).await;
    // The earlier sync request has failed meanwhile, which is an event as well.
    for seq in 3.. {
        let (name, payload) = socket.event().await;
        assert_eq!(payload["seq"], json!(seq));
        assert!(seq > newest || payload["source"] == json!("replay"), "{payload}");
        assert!(
            seq <= newest || name != "transaction:new" || payload["transaction"]["transactionId"] == json!("t-next")
        );
        if seq > newest && name == "transaction:new" {
            break;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_between_connections_goes_on_after_a_migration() {
    let (folder, url) = (tempfile::tempdir().unwrap(), database());
    let file = folder.path().join("t.db");
    fill(&file).await;
    // The state after a crash.
    let adopted =
        "UPDATE accounts SET moved_from = 'conn-before', moved_since = 1000, moved_up_to = -9223372036854775808
         WHERE id = 1";
    rusqlite::Connection::open(&file).unwrap().execute_batch(adopted).unwrap();
    migrate(folder.path(), &url);
    let store = open(&url).await;
    let before = store.log_ends("alice".into()).await.unwrap().newest;
    store.finish_moves(Timestamp::now()).await.unwrap();
    let log = store.events_after("alice".into(), before, 1_000).await.unwrap();
    let moved = log.iter().filter(|event| event.payload.get().contains("\"previousConnectionId\":\"conn-before\""));
    assert_eq!(moved.count() as i64, number(&url, "SELECT count(*) FROM transactions WHERE account = 1").await);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_value_that_is_not_the_same_is_named_and_a_wrong_copy_leaves_the_target_empty() {
    let (folder, url) = (tempfile::tempdir().unwrap(), database());
    fill(&folder.path().join("t.db")).await;
    make_tables(&url).await;
    let breaks = "CREATE FUNCTION break() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN NEW.amount = '-50.21'; RETURN NEW; END $$;
         CREATE TRIGGER break BEFORE INSERT ON transactions FOR EACH ROW WHEN (NEW.amount = '-50.20')
             EXECUTE FUNCTION break();";
    run(&url, breaks).await;
    let said = loop {
        let said = refused(&command(folder.path(), &["--to", &url]).output().unwrap());
        if !said.contains("A server is running") {
            break said;
        }
    };
    assert!(said.contains("transactions: row (id ") && said.contains("differs in amount"), "{said}");
    assert!(!said.contains("50.2"), "no value is shown: {said}");
    assert_eq!(number(&url, "SELECT count(*) FROM owners").await, 0);
    run(&url, "DROP TRIGGER break ON transactions").await;
    migrate(folder.path(), &url);
    for (table, statement, expected) in [
        (
            "events",
            "UPDATE events SET payload = payload || ' ' WHERE owner = 1 AND seq = 2",
            "row (owner 1, seq 2) differs in payload",
        ),
        (
            "events",
            "DELETE FROM events WHERE owner = 1 AND seq = 1",
            "the source has row (owner 1, seq 1) where the target has row (owner 1, seq 2)",
        ),
        ("deliveries", "UPDATE deliveries SET body = '\\x00' WHERE id = 1", "row (id 1) differs in body"),
        ("dead_letters", "DELETE FROM dead_letters", "the target lacks row (id 1)"),
        ("outbox", "SELECT setval('outbox_id_seq', 1)", "the id of the next row is already in use"),
    ] {
        run(&url, &format!("CREATE TABLE saved AS SELECT * FROM {table}; {statement}")).await;
        let said = refused(&command(folder.path(), &["--to", &url, "--verify"]).output().unwrap());
        assert!(said.contains(&format!("{table}: {expected}")), "{statement}: {said}");
        let restore = format!(
            "DELETE FROM {table}; INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM saved; DROP TABLE saved"
        );
        run(&url, &restore).await;
    }
}

/// Waits until a copy has reached the table of deliveries, where a trigger holds it.
async fn wait_in_the_middle(url: &str, child: &mut Child) {
    let begun = std::time::Instant::now();
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'tallywire migrate'
         AND datname = current_database() AND wait_event = 'PgSleep'";
    while number(url, waits).await == 0 {
        assert!(begun.elapsed() < LIMIT && child.try_wait().unwrap().is_none(), "it waits in the middle");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_was_interrupted_leaves_the_target_empty_and_is_begun_again() {
    let (folder, url) = (tempfile::tempdir().unwrap(), database());
    fill(&folder.path().join("t.db")).await;
    make_tables(&url).await;
    let waits = "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN PERFORM pg_sleep(600); RETURN NEW; END $$;
         CREATE TRIGGER wait BEFORE INSERT ON deliveries FOR EACH ROW EXECUTE FUNCTION wait();";
    run(&url, waits).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let mut child = command(folder.path(), &["--to", &url]).spawn().unwrap();
    wait_in_the_middle(&url, &mut child).await;
    let second = refused(&command(folder.path(), &["--to", &url]).output().unwrap());
    assert!(second.contains("stop the server first"), "the source is locked: {second}");
    child.kill().unwrap();
    child.wait().unwrap();
    // The PostgreSQL server notices the dead client only when it reads the next row.
    let ended = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
         WHERE application_name = 'tallywire migrate' AND datname = current_database()";
    number(&url, ended).await;
    assert_eq!(number(&url, "SELECT count(*) FROM transactions").await, 0);
    run(&url, "DROP TRIGGER wait ON deliveries").await;
    let printed = migrate(folder.path(), &url);
    assert!(printed.contains("are the same in both databases"), "{printed}");
    let indexes = "SELECT count(*) FROM pg_indexes WHERE schemaname = 'public'";
    let other = database();
    make_tables(&other).await;
    assert_eq!(number(&url, indexes).await, number(&other, indexes).await, "every index is made again");
    let references = "SELECT count(*) FROM pg_constraint WHERE contype = 'f'";
    assert_eq!(number(&url, references).await, number(&other, references).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn databases_that_are_in_use_not_empty_or_of_another_version_are_refused() {
    let (folder, url) = (tempfile::tempdir().unwrap(), database());
    let file = folder.path().join("t.db");
    let to = |url: &str| refused(&command(folder.path(), &["--to", url]).output().unwrap());
    assert!(to(&url).contains("there is no such file"));
    let mut settings = config();
    settings.database = file.clone().into();
    let mut running = TestApp::with(settings).await;
    assert!(to(&url).contains("The database is in use: stop the server first"));
    running.stop().await.unwrap();
    drop(running);
    assert!(to("sqlite:other.db").contains("not a PostgreSQL address"));
    let mut of_postgres = command(folder.path(), &["--to", &url]);
    assert!(refused(&of_postgres.env("DATABASE_URL", &url).output().unwrap()).contains("is not an SQLite file"));

    let used = database();
    let mut settings = config();
    settings.database = DatabaseConfig::Postgres(Secret::new(used.clone()));
    let mut node = TestApp::with(settings).await;
    assert!(to(&used).contains("A server is running on the target"));
    node.register("conn-1", "alice").await;
    node.stop().await.unwrap();
    drop(node);
    let begun = std::time::Instant::now();
    while !to(&used).contains("The target already contains data") {
        assert!(begun.elapsed() < LIMIT, "{}", to(&used));
    }

    let older = rusqlite::Connection::open(&file).unwrap();
    older.pragma_update(None, "user_version", 16).unwrap();
    drop(older);
    assert!(to(&url).contains("written by an earlier release"));
    let newer = rusqlite::Connection::open(&file).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    drop(newer);
    assert!(to(&url).contains("made by a newer release"));
}
