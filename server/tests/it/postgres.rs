//! Servers on PostgreSQL.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use serde_json::json;
use server::config::{Config, DatabaseConfig, Secret};
use sqlx::Connection as _;
use test_services::{PgBouncer, Postgres};

use crate::support::{Basiq, Socket, TestApp, basiq_body, config};

/// The PostgreSQL server of these tests, which ends with the process.
static SERVER: OnceLock<Postgres> = OnceLock::new();

/// The address of an empty database.
pub(crate) fn database() -> String {
    SERVER.get_or_init(|| Postgres::start().unwrap()).create_database().unwrap()
}

/// Two nodes on a new database.
pub(crate) async fn two_nodes() -> (TestApp, TestApp, String) {
    two_nodes_with(config()).await
}

/// The same with these settings.
pub(crate) async fn two_nodes_with(mut settings: Config) -> (TestApp, TestApp, String) {
    let url = database();
    settings.database = DatabaseConfig::Postgres(Secret::new(url.clone()));
    (TestApp::with(settings.clone()).await, TestApp::with(settings).await, url)
}

/// How long an event takes from a webhook at one node to a socket at the other.
async fn from_here_to_there(here: &TestApp, socket: &mut Socket, transaction: &str) -> Duration {
    let began = Instant::now();
    Basiq::default().deliver(here, &basiq_body("conn-1", transaction, "-1")).await;
    let event = socket.expect("transaction:new").await;
    assert_eq!(event["transaction"]["transactionId"], json!(transaction));
    began.elapsed()
}

/// Two nodes on a new database, behind a pooler in transaction mode.
async fn two_nodes_behind_a_pooler() -> (TestApp, TestApp, PgBouncer) {
    let direct = database();
    let pooler = PgBouncer::start(SERVER.get().unwrap()).unwrap();
    let mut settings = config();
    settings.database = DatabaseConfig::Postgres(Secret::new(pooler.url(&direct)));
    settings.database_direct = Some(Secret::new(direct));
    (TestApp::with(settings.clone()).await, TestApp::with(settings).await, pooler)
}

#[tokio::test]
async fn nodes_behind_a_pooler_in_transaction_mode_wake_one_another_and_answer_the_same() {
    let (here, there, _pooler) = two_nodes_behind_a_pooler().await;
    here.register("conn-1", "alice").await;
    let mut sockets = [here.signed_in("alice").await, there.signed_in("alice").await];
    for number in 1..=20 {
        let (from, [_, socket]) = (if number % 2 == 0 { &here } else { &there }, &mut sockets);
        let took = from_here_to_there(from, socket, &format!("t{number}")).await;
        assert!(took < Duration::from_secs(3), "{took:?}");
        sockets[0].expect("transaction:new").await;
    }
    for app in [&here, &there] {
        let page = app.get("alice", "/api/transactions").await;
        assert_eq!(page["transactions"].as_array().map(Vec::len), Some(20), "{page}");
        Arc::clone(&app.state.store).close().await;
    }
}

#[tokio::test]
async fn an_event_of_one_node_reaches_a_socket_of_the_other_at_once() {
    let (here, there, _) = two_nodes().await;
    here.register("conn-1", "alice").await;
    let mut socket = there.signed_in("alice").await;
    for number in 1..=20 {
        let took = from_here_to_there(&here, &mut socket, &format!("t{number}")).await;
        // The nodes poll every 10 s.
        assert!(took < Duration::from_secs(3), "{took:?}");
    }
}

#[tokio::test]
async fn wake_ups_come_back_when_their_connections_were_lost_and_no_event_is_lost() {
    let (here, there, url) = two_nodes().await;
    here.register("conn-1", "alice").await;
    let mut socket = there.signed_in("alice").await;
    from_here_to_there(&here, &mut socket, "t0").await;
    let mut database = sqlx::PgConnection::connect(&url).await.unwrap();
    for round in 1..=3 {
        let ended = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                     WHERE application_name = 'tallywire wake-ups' AND datname = current_database()";
        let ended: i64 = sqlx::query_scalar(ended).fetch_one(&mut database).await.unwrap();
        assert!(ended >= 2, "each node listens: {ended}");
        let took = from_here_to_there(&here, &mut socket, &format!("lost-{round}")).await;
        assert!(took < Duration::from_secs(11), "{took:?}");
        tokio::time::sleep(Duration::from_secs(2)).await;
        let took = from_here_to_there(&here, &mut socket, &format!("back-{round}")).await;
        assert!(took < Duration::from_secs(3), "{took:?}");
    }
}

#[tokio::test]
async fn two_servers_on_one_database_tell_a_user_the_same_wherever_a_webhook_comes_in() {
    let (here, there, _) = two_nodes().await;
    assert_eq!(here.state.store.epoch(), there.state.store.epoch());
    let mut sockets = [here.signed_in("alice").await, there.signed_in("alice").await];
    here.register("conn-1", "alice").await;
    sockets[0].expect("connection:updated").await;
    Basiq::default().deliver(&there, &basiq_body("conn-1", "t1", "-1")).await;
    sockets[1].expect("connection:updated").await;
    for socket in &mut sockets {
        let event = socket.expect("transaction:new").await;
        assert_eq!((&event["seq"], &event["transaction"]["transactionId"]), (&json!(2), &json!("t1")));
    }
    for app in [&here, &there] {
        let page = app.get("alice", "/api/transactions").await;
        assert_eq!(page["transactions"].as_array().map(Vec::len), Some(1), "{page}");
        Arc::clone(&app.state.store).close().await;
    }
}
