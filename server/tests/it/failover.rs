//! PostgreSQL fails over or is down, while servers are running with connected clients.

use std::process::Command;
use std::time::{Duration, Instant};

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use server::config::{Config, DatabaseConfig, Secret};
use test_services::{Postgres, Relay};

use crate::support::{Basiq, JWT_SECRET, SERVICE_SECRET, Socket, TestApp, basiq_body, config};

/// How long the nodes may take to notice, on a machine that is busy with other tests.
const LIMIT: Duration = Duration::from_secs(30);

fn on(url: String) -> Config {
    let mut settings = config();
    settings.database = DatabaseConfig::Postgres(Secret::new(url));
    settings
}

/// A primary with a replica, and two nodes that reach it at a separate address.
struct Cluster {
    primary: Postgres,
    replica: Postgres,
    relay: Relay,
    nodes: [TestApp; 2],
}

impl Cluster {
    /// Starts with one registered connection of alice and a transaction.
    async fn start() -> Self {
        let primary = Postgres::start().unwrap();
        let relay = Relay::start(primary.port()).unwrap();
        let settings = on(relay.url(&primary.create_database().unwrap()));
        let nodes = [TestApp::with(settings.clone()).await, TestApp::with(settings).await];
        nodes[0].register("conn-1", "alice").await;
        Basiq::default().deliver(&nodes[0], &basiq_body("conn-1", "t1", "-1")).await;
        let replica = primary.replica().unwrap();
        Self { primary, replica, relay, nodes }
    }

    /// The primary fails, and its clients reach the replica, which is not promoted yet.
    fn fail(&mut self) {
        self.primary.stop_at_once().unwrap();
        self.relay.switch(Some(self.replica.port()));
        assert!(self.relay.cut() > 0);
    }

    /// Waits until every node is in another epoch; returns it.
    async fn next_epoch(&self, former: &str) -> String {
        let began = Instant::now();
        while self.nodes.iter().any(|node| *node.state.store.epoch() == *former) {
            assert!(began.elapsed() < LIMIT, "a node has not noticed");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let [here, there] = [0, 1].map(|node: usize| self.nodes[node].state.store.epoch());
        assert_eq!(here, there);
        here.to_string()
    }
}

async fn send(app: &TestApp, id: &str, transaction: &str) -> Response {
    let body = basiq_body("conn-1", transaction, "-1").to_string().into_bytes();
    Basiq::default().send_as(app, id, body).await
}

/// Sends like a provider, again until it is accepted; returns the answer.
async fn sent(app: &TestApp, id: &str, transaction: &str) -> Value {
    let began = Instant::now();
    loop {
        let response = send(app, id, transaction).await;
        if response.status() == StatusCode::OK {
            return response.json().await.unwrap();
        }
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(began.elapsed() < LIMIT, "it is never taken");
    }
}

/// A client that has signed in and received everything up to this event.
async fn resumed(app: &TestApp, since: u64, epoch: Option<&str>) -> Socket {
    let auth = json!({ "token": app.token("alice", 600), "since": since, "epoch": epoch });
    let mut socket = Socket::connect(&app.address, Some(auth), &[]).await;
    socket.expect("authenticated").await;
    socket
}

/// Reads a stream up to a text.
async fn read_until(stream: &mut Response, text: &str) -> String {
    let mut read = String::new();
    while !read.contains(text) {
        let chunk = tokio::time::timeout(LIMIT, stream.chunk()).await.expect("in time").unwrap().expect("more");
        read.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    read
}

async fn expect_new(socket: &mut Socket, seq: u64, transaction: &str) {
    let event = socket.expect("transaction:new").await;
    assert_eq!((&event["seq"], &event["transaction"]["transactionId"]), (&json!(seq), &json!(transaction)));
}

async fn count(app: &TestApp) -> usize {
    app.get("alice", "/api/transactions").await["transactions"].as_array().unwrap().len()
}

#[tokio::test]
async fn everyone_is_told_when_a_replica_that_lacks_the_newest_commits_takes_over() {
    let mut cluster = Cluster::start().await;
    let former = cluster.nodes[0].state.store.epoch().to_string();
    let mut sockets = [
        cluster.nodes[0].signed_in("alice").await,
        resumed(&cluster.nodes[0], 2, Some(&former)).await,
        resumed(&cluster.nodes[1], 2, None).await,
    ];
    let events = cluster.nodes[1].request(Method::GET, "/api/events?epoch=");
    let mut stream = events.bearer_auth(cluster.nodes[1].token("alice", 600)).send().await.unwrap();
    read_until(&mut stream, &format!("{former}:2")).await;

    cluster.replica.stop_following().unwrap();
    sent(&cluster.nodes[0], "lost", "t2").await;
    for socket in &mut sockets {
        expect_new(socket, 3, "t2").await;
    }
    read_until(&mut stream, "\"t2\"").await;
    cluster.fail();
    assert_eq!(send(&cluster.nodes[0], "m3", "t3").await.status(), StatusCode::SERVICE_UNAVAILABLE);
    cluster.replica.promote().unwrap();

    // No event happens, and yet the clients are told: each has a number that will be assigned again.
    let epoch = cluster.next_epoch(&former).await;
    let required = json!({ "reason": "epoch", "oldestSeq": 1, "seq": 2, "epoch": epoch });
    for socket in &mut sockets {
        assert_eq!(socket.expect("sync:required").await, required);
    }
    assert!(read_until(&mut stream, "sync:required").await.contains("sync:required"));

    let again = sent(&cluster.nodes[0], "lost", "t2").await;
    assert_ne!(again["duplicate"], json!(true), "the provider's retry is recorded again");
    sent(&cluster.nodes[1], "m3", "t3").await;
    for socket in &mut sockets {
        expect_new(socket, 3, "t2").await;
        expect_new(socket, 4, "t3").await;
    }
    read_until(&mut stream, &format!("id: {epoch}:4")).await;
    for node in &cluster.nodes {
        assert_eq!(count(node).await, 3);
        let mut stale = resumed(node, 3, Some(&former)).await;
        assert_eq!(stale.expect("sync:required").await["reason"], json!("epoch"));
        let mut ahead = resumed(node, 5, None).await;
        assert_eq!(ahead.expect("sync:required").await["reason"], json!("ahead"));
    }
}

#[tokio::test]
async fn nothing_that_was_acknowledged_is_lost_where_the_replica_is_synchronous() {
    let mut cluster = Cluster::start().await;
    let former = cluster.nodes[0].state.store.epoch().to_string();
    let mut socket = cluster.nodes[1].signed_in("alice").await;
    cluster.primary.wait_for_replicas(true).unwrap();
    for number in 2..=11 {
        sent(&cluster.nodes[number % 2], &format!("m{number}"), &format!("t{number}")).await;
    }
    cluster.fail();
    cluster.replica.promote().unwrap();
    let epoch = cluster.next_epoch(&former).await;
    for node in &cluster.nodes {
        assert_eq!(count(node).await, 11);
    }
    for number in 2..=11 {
        let again = sent(&cluster.nodes[0], &format!("m{number}"), &format!("t{number}")).await;
        assert_eq!(again["duplicate"], json!(true), "{number}");
    }
    loop {
        let (name, payload) = socket.event().await;
        if name == "sync:required" {
            assert_eq!((&payload["seq"], &payload["epoch"]), (&json!(12), &json!(epoch)));
            break;
        }
    }
    sent(&cluster.nodes[0], "m12", "t12").await;
    expect_new(&mut socket, 13, "t12").await;
}

#[tokio::test]
async fn webhooks_are_answered_503_while_postgresql_is_away_and_everything_goes_on_after_it() {
    let mut server = Postgres::start().unwrap();
    let node = TestApp::with(on(server.create_database().unwrap())).await;
    node.register("conn-1", "alice").await;
    let mut socket = node.signed_in("alice").await;
    sent(&node, "m1", "t1").await;
    expect_new(&mut socket, 2, "t1").await;
    let epoch = node.state.store.epoch();
    server.stop().unwrap();
    // A wake-up from just before: the socket catches up from a log that cannot be read, and stays connected.
    node.hub.log_advanced(&"alice".into(), 3);
    for _ in 0..2 {
        assert_eq!(send(&node, "m2", "t2").await.status(), StatusCode::SERVICE_UNAVAILABLE);
    }
    server.start_again().unwrap();
    sent(&node, "m2", "t2").await;
    expect_new(&mut socket, 3, "t2").await;
    assert_eq!((node.state.store.epoch(), count(&node).await), (epoch, 2));
}

#[tokio::test]
async fn clients_are_told_when_an_operator_begins_a_new_epoch_while_servers_run() {
    let server = Postgres::start().unwrap();
    let url = server.create_database().unwrap();
    let node = TestApp::with(on(url.clone())).await;
    node.register("conn-1", "alice").await;
    let mut socket = node.signed_in("alice").await;
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tallywire"));
    command.arg("new-epoch").current_dir(folder.path()).env_clear();
    command.env("DATABASE_URL", &url).env("JWT_SECRET", JWT_SECRET).env("SERVICE_SECRET", SERVICE_SECRET);
    let printed = command.output().unwrap();
    assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    let epoch = String::from_utf8(printed.stdout).unwrap().trim().to_owned();
    // The node polls every 10 s.
    let began = Instant::now();
    while *node.state.store.epoch() != *epoch {
        assert!(began.elapsed() < LIMIT, "the node has not noticed");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let required = json!({ "reason": "epoch", "oldestSeq": 1, "seq": 1, "epoch": epoch });
    assert_eq!(socket.expect("sync:required").await, required);
    sent(&node, "m1", "t1").await;
    expect_new(&mut socket, 2, "t1").await;
}
