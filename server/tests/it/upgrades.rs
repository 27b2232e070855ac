//! A schema of a later release, used by nodes of this one.

use serde_json::json;
use server::config::{Config, DatabaseConfig, Secret};
use server::startup::Server;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::postgres::{database, two_nodes};
use crate::support::{Basiq, Socket, TestApp, basiq_body, config};

/// What a later release may do while this one serves: a new column in every table, a new table, and their record.
async fn migrate_to_a_later_release(database: &mut PgConnection) {
    let tables: Vec<String> = sqlx::query_scalar("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")
        .fetch_all(&mut *database)
        .await
        .unwrap();
    assert!(tables.len() > 20, "{tables:?}");
    for table in tables.iter().filter(|table| !table.starts_with('_')) {
        let add = format!("ALTER TABLE {table} ADD COLUMN of_a_later_release BIGINT NOT NULL DEFAULT 7");
        sqlx::query(AssertSqlSafe(add)).execute(&mut *database).await.unwrap();
    }
    let later = "CREATE TABLE later (id BIGINT PRIMARY KEY);
                 INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                 VALUES (1000, 'of a later release', true, '', 0)";
    sqlx::raw_sql(later).execute(&mut *database).await.unwrap();
}

fn on(url: &str) -> Config {
    Config { database: DatabaseConfig::Postgres(Secret::new(url.to_owned())), ..config() }
}

/// Every action of a user, at both nodes.
async fn serve([here, there]: [&TestApp; 2], socket: &mut Socket, number: u64) {
    let transaction = format!("t{number}");
    Basiq::default().deliver(here, &basiq_body("conn-1", &transaction, "-1")).await;
    let event = socket.expect("transaction:new").await;
    assert_eq!((&event["seq"], &event["transaction"]["transactionId"]), (&json!(number + 1), &json!(transaction)));
    for node in [here, there] {
        let page = node.get("alice", "/api/transactions").await;
        assert_eq!(page["transactions"].as_array().map(Vec::len), usize::try_from(number).ok(), "{page}");
        for path in ["/api/accounts", "/api/summary", "/api/connections", "/api/connectors"] {
            node.get("alice", path).await;
        }
        assert!(node.register("conn-2", "bob").await.status().is_success());
        node.signed_in("bob").await;
    }
}

#[tokio::test]
async fn nodes_go_on_while_a_later_release_adds_to_the_schema() {
    let (here, there, url) = two_nodes().await;
    here.register("conn-1", "alice").await;
    let mut socket = there.signed_in("alice").await;
    // Three rounds, so that connections have prepared their statements before the schema changes.
    for number in 1..=3 {
        serve([&here, &there], &mut socket, number).await;
    }
    migrate_to_a_later_release(&mut PgConnection::connect(&url).await.unwrap()).await;
    for number in 4..=6 {
        serve([&here, &there], &mut socket, number).await;
    }
    let started_again = TestApp::with(on(&url)).await;
    serve([&here, &started_again], &mut socket, 7).await;
}

#[tokio::test]
async fn a_node_does_not_start_on_a_schema_that_its_release_cannot_use() {
    let url = database();
    drop(TestApp::with(on(&url)).await);
    let mut database = PgConnection::connect(&url).await.unwrap();
    migrate_to_a_later_release(&mut database).await;
    sqlx::query("INSERT INTO meta (name, value) VALUES ('least_schema', '1000')").execute(&mut database).await.unwrap();
    let clock = std::sync::Arc::new(jiff::Timestamp::now);
    let error = Server::build(on(&url), clock).await.err().expect("it is refused").to_string();
    assert!(error.contains("a later release") && error.contains("1000"), "{error}");
}
