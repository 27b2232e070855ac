//! PostgreSQL goes silent under running nodes: connections stay open and nothing answers, as after a machine has lost its
//! power or a firewall has forgotten its connections.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::json;
use server::config::{DatabaseConfig, Secret};
use sqlx::{Connection as _, Executor as _, PgConnection};
use test_services::{Postgres, Relay};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::support::{Basiq, SERVICE_SECRET, TestApp, basiq_body, config};

/// The users who have work in progress, more than a node has connections.
const USERS: usize = 24;
/// How long a node may take to accept deliveries again, on a machine that is busy with other tests: a batch is given up
/// after 10 s.
const LIMIT: Duration = Duration::from_secs(30);
/// How long any call may hang: a unit of work is given up after 40 s.
const LONGEST: Duration = Duration::from_secs(60);

/// A node whose connections to its database can be frozen, with a connection of each user and one more.
struct Node {
    _postgres: Postgres,
    relay: Relay,
    /// The address of the database that bypasses the relay.
    direct: String,
    app: &'static TestApp,
}

impl Node {
    /// Starts it and uses it, so that it has as many connections to the database as under load.
    async fn start() -> Self {
        let postgres = Postgres::start().unwrap();
        let direct = postgres.create_database().unwrap();
        let relay = Relay::start(postgres.port()).unwrap();
        let mut settings = config();
        settings.database = DatabaseConfig::Postgres(Secret::new(relay.url(&direct)));
        let app: &'static TestApp = Box::leak(Box::new(TestApp::with(settings).await));
        for user in 0..=USERS {
            app.register(&format!("conn-{user}"), &format!("user-{user}")).await;
        }
        all_at_once(app, "before", "pushed-before").await;
        Self { _postgres: postgres, relay, direct, app }
    }

    fn freeze(&self) {
        assert!(self.relay.freeze() > 4, "the node has few connections");
    }
}

async fn deliver(app: &TestApp, user: usize, id: &str) -> StatusCode {
    let body = basiq_body(&format!("conn-{user}"), id, "-1").to_string().into_bytes();
    Basiq::default().send_as(app, &format!("{id}-{user}"), body).await.status()
}

async fn push(app: &TestApp, user: usize, id: &str) -> StatusCode {
    let body = json!({ "transactionId": id, "description": "Lunch", "amount": -1, "date": "2026-11-20T08:30:00Z" });
    let request = app.request(Method::POST, "/api/bank/transactions").header("x-service-secret", SERVICE_SECRET);
    let request = request.header("content-type", "application/json").header("x-user-id", format!("user-{user}"));
    request.body(body.to_string()).send().await.unwrap().status()
}

async fn read(app: &TestApp, user: usize) -> (StatusCode, String) {
    let request = app.request(Method::GET, "/api/transactions").bearer_auth(app.token(&format!("user-{user}"), 600));
    let response = request.send().await.unwrap();
    (response.status(), response.text().await.unwrap())
}

/// Each user's delivery, push and read at the same time. Returns when all of them are answered.
async fn all_at_once(app: &'static TestApp, delivery: &'static str, pushed: &'static str) {
    let mut calls = JoinSet::new();
    for user in 0..USERS {
        calls.spawn(async move { deliver(app, user, delivery).await });
        calls.spawn(async move { push(app, user, pushed).await });
        calls.spawn(async move { read(app, user).await.0 });
    }
    calls.join_all().await;
}

/// Sends a delivery until it is accepted.
async fn until_accepted(app: &TestApp, user: usize, id: &str, limit: Duration) {
    let began = Instant::now();
    while deliver(app, user, id).await != StatusCode::OK {
        assert!(began.elapsed() < limit, "deliveries of user {user} are still refused");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_goes_on_when_all_its_connections_to_the_database_have_gone_silent() {
    let node = Node::start().await;
    let app = node.app;
    node.freeze();

    let calls = tokio::spawn(timeout(LONGEST, all_at_once(app, "during", "pushed-during")));
    let began = Instant::now();
    until_accepted(app, USERS, "after", LIMIT).await;
    while read(app, USERS).await.0 != StatusCode::OK {
        assert!(began.elapsed() < LIMIT, "reads still fail");
    }
    calls.await.unwrap().expect("a call hangs");

    // What was refused is sent again, and is there once.
    for user in 0..USERS {
        assert_eq!(deliver(app, user, "during").await, StatusCode::OK);
        assert!(push(app, user, "pushed-during").await.is_success());
        let (status, page) = read(app, user).await;
        assert_eq!(status, StatusCode::OK);
        for id in ["before", "during", "pushed-before", "pushed-during"] {
            assert_eq!(page.matches(&format!("\"transactionId\":\"{id}\"")).count(), 1, "{id} of user {user}: {page}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deliveries_that_are_being_recorded_when_the_database_goes_silent_are_refused_in_time() {
    let node = Node::start().await;
    let app = node.app;
    // They wait within a statement.
    let mut holds = PgConnection::connect(&node.direct).await.unwrap();
    holds.execute("BEGIN; LOCK TABLE deliveries IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let mut deliveries = JoinSet::new();
    for user in 0..USERS {
        deliveries.spawn(async move { deliver(app, user, "during").await });
    }
    let mut observer = PgConnection::connect(&node.direct).await.unwrap();
    let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'deliveries'::regclass";
    while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut observer).await.unwrap() == 0 {
        sleep(Duration::from_millis(20)).await;
    }
    node.freeze();
    holds.close().await.unwrap();

    until_accepted(app, USERS, "after", LIMIT).await;
    let answers = timeout(LIMIT, deliveries.join_all()).await.expect("a delivery hangs");
    assert!(answers.iter().all(|status| *status == StatusCode::SERVICE_UNAVAILABLE), "{answers:?}");

    // The database keeps the locks of the silent connection for 30 s.
    for user in 0..USERS {
        until_accepted(app, user, "during", LONGEST).await;
        assert_eq!(read(app, user).await.1.matches("\"transactionId\":\"during\"").count(), 1);
    }
}
