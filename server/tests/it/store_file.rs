//! The database file under a running server.

use std::sync::{Arc, Barrier};
use std::time::Duration;

use reqwest::Method;
use server::store::Store as _;
use server::store::sqlite::SqliteStore;

use crate::support::{Basiq, TestApp, basiq_body, code, config};

#[test]
fn servers_that_start_together_on_a_new_file_all_start() {
    // A lock is refused immediately only during a short moment, which most files miss.
    for _ in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.db");
        let start = Arc::new(Barrier::new(8));
        let opening: Vec<_> = (0..8)
            .map(|_| {
                let (path, start) = (path.clone(), Arc::clone(&start));
                std::thread::spawn(move || {
                    start.wait();
                    SqliteStore::open(&path, Box::new(drop)).map(drop)
                })
            })
            .collect();
        for opened in opening {
            opened.join().unwrap().unwrap();
        }
    }
}

#[tokio::test]
async fn a_damaged_file_is_said_to_be_one_and_the_server_is_not_ready() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.db");
    let mut settings = config();
    settings.database = path.clone().into();
    let app = TestApp::with(settings).await;
    app.register("conn-1", "alice").await;
    let mut basiq = Basiq::default();
    for number in 0..200 {
        basiq.deliver(&app, &basiq_body("conn-1", &format!("t{number}"), "-1")).await;
    }
    drop(app);
    // Everything is in the one file. The root pages of the transactions and of one of their indexes are overwritten.
    let moved = rusqlite::Connection::open(&path).unwrap();
    moved.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(moved);
    let mut bytes = std::fs::read(&path).unwrap();
    let tables = rusqlite::Connection::open(&path).unwrap();
    let sql = "SELECT rootpage FROM sqlite_schema WHERE name IN ('transactions', 'transactions_by_rank')";
    let pages: Vec<usize> =
        tables.prepare(sql).unwrap().query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    drop(tables);
    for page in pages {
        bytes[(page - 1) * 4096..page * 4096].fill(0xa5);
    }
    std::fs::write(&path, &bytes).unwrap();

    let mut settings = config();
    settings.database = path.into();
    let app = TestApp::with(settings).await;
    let is_ready = || async { app.request(Method::GET, "/health/ready").send().await.unwrap().status().as_u16() };
    assert_eq!(is_ready().await, 200, "nobody has met the damage yet");
    let read = app.request(Method::GET, "/api/transactions").bearer_auth(app.token("alice", 60)).send().await.unwrap();
    assert_eq!(code(read).await, (500, "INTERNAL".to_owned()));
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(is_ready().await, 503);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_is_bounded_again_when_a_long_read_has_ended() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.db");
    let store = SqliteStore::open(&path, Box::new(drop)).unwrap();
    let filler = rusqlite::Connection::open(&path).unwrap();
    filler.busy_timeout(Duration::from_secs(5)).unwrap();
    let reader = rusqlite::Connection::open(&path).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM events").unwrap();
    let insert = "INSERT INTO probe (id, at) VALUES (1, 0) ON CONFLICT DO UPDATE SET at = at + 1";
    filler.execute_batch("CREATE TABLE filler (bytes BLOB); PRAGMA wal_autocheckpoint = 0").unwrap();
    for _ in 0..300 {
        filler.execute("INSERT INTO filler VALUES (randomblob(1000000))", []).unwrap();
    }
    filler.execute(insert, []).unwrap();
    let log = || std::fs::metadata(folder.path().join("t.db-wal")).unwrap().len();
    assert!(log() > 290_000_000, "{}", log());
    reader.execute_batch("COMMIT").unwrap();
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while log() > 275_000_000 {
        store.check(jiff::Timestamp::now()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(tokio::time::Instant::now() < deadline, "{}", log());
    }
}
