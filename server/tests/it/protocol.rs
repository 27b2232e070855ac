//! Engine.IO and Socket.IO by raw requests: the requirements of the protocols' own test suites.
//! <https://github.com/socketio/engine.io-protocol>, <https://github.com/socketio/socket.io-protocol>

use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::{Basiq, Socket, TestApp, basiq_body, config};

const POLLING: &str = "/socket.io/?EIO=4&transport=polling";

async fn get(app: &TestApp, path: &str) -> Response {
    app.request(Method::GET, path).send().await.unwrap()
}

async fn text(app: &TestApp, path: &str) -> String {
    get(app, path).await.text().await.unwrap()
}

async fn post(app: &TestApp, path: &str, packets: impl Into<String>) -> u16 {
    app.request(Method::POST, path).body(packets.into()).send().await.unwrap().status().as_u16()
}

/// Opens a polling session; returns its open packet and the address of its requests.
async fn open(app: &TestApp) -> (Value, String) {
    let packet = text(app, POLLING).await;
    let open: Value = serde_json::from_str(packet.strip_prefix('0').expect("an open packet")).unwrap();
    let path = format!("{POLLING}&sid={}", open["sid"].as_str().unwrap());
    (open, path)
}

/// Opens a polling session that has joined the namespace.
async fn joined(app: &TestApp) -> String {
    let (_, path) = open(app).await;
    assert_eq!(post(app, &path, "40").await, 200);
    // A heartbeat may come first.
    while !text(app, &path).await.contains("40{\"sid\":") {}
    path
}

/// Fast heartbeats: every 200 ms, and 1.5 s for the answer.
async fn quick() -> TestApp {
    let mut config = config();
    config.realtime.ping_interval = Duration::from_millis(200);
    config.realtime.ping_timeout = Duration::from_millis(1500);
    TestApp::with(config).await
}

#[tokio::test]
async fn the_handshake_tells_the_session_its_upgrades_and_its_heartbeat() {
    let app = TestApp::start().await;
    let (open, _) = open(&app).await;
    assert_eq!(open["upgrades"], json!(["websocket"]));
    assert_eq!((&open["pingInterval"], &open["pingTimeout"]), (&json!(25_000), &json!(20_000)));
    assert_eq!(open["maxPayload"], json!(100_000));
    assert!(open["sid"].as_str().is_some_and(|sid| sid.len() >= 16));
}

#[tokio::test]
async fn requests_that_are_no_handshake_and_belong_to_no_session_are_refused() {
    let app = TestApp::start().await;
    for path in [
        "/socket.io/?transport=polling",
        "/socket.io/?EIO=abc&transport=polling",
        "/socket.io/?EIO=4",
        "/socket.io/?EIO=4&transport=carrier-pigeon",
        "/socket.io/?EIO=4&transport=polling&sid=AAAAAAAAAAAAAAAA",
        "/socket.io/?EIO=4&transport=polling&sid=nonsense",
        "/socket.io/?EIO=3&EIO=4&transport=polling",
        "/socket.io/?EIO=4&transport=polling&sid=AAAAAAAAAAAAAAAA&sid=AAAAAAAAAAAAAAAB",
    ] {
        assert_eq!(get(&app, path).await.status(), 400, "{path}");
    }
    assert_eq!(post(&app, POLLING, "40").await, 400, "a handshake is no POST");
    assert_eq!(app.request(Method::PUT, POLLING).send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn several_packets_travel_in_one_polling_payload() {
    let app = TestApp::start().await;
    let path = joined(&app).await;
    assert_eq!(post(&app, &path, "42[\"ping\"]\u{1e}421[\"ping\"]").await, 200);
    let mut received = String::new();
    while received.matches("pong").count() < 3 {
        received.push_str(&text(&app, &path).await);
    }
    assert!(received.contains("42[\"pong\"]") && received.contains("431[\"pong\"]"), "{received}");
}

#[tokio::test]
async fn a_polling_client_gets_its_events_and_keeps_its_order() {
    let app = TestApp::start().await;
    app.register("conn-1", "alice").await;
    let (_, path) = open(&app).await;
    assert_eq!(post(&app, &path, format!("40{}", json!({ "token": app.token("alice", 60), "since": 0 }))).await, 200);
    let mut basiq = Basiq::default();
    for index in 0..20 {
        basiq.deliver(&app, &basiq_body("conn-1", &format!("t{index}"), "-1")).await;
    }
    let mut received = String::new();
    while received.matches("\"seq\":").count() < 22 {
        received.push('\u{1e}');
        received.push_str(&text(&app, &path).await);
    }
    let events = received.split('\u{1e}').filter_map(|packet| packet.strip_prefix("42"));
    let seqs: Vec<_> = events
        .map(|event| serde_json::from_str::<Value>(event).unwrap())
        .filter(|event| event[0] != json!("authenticated"))
        .map(|event| event[1]["seq"].as_u64().unwrap())
        .collect();
    assert_eq!(seqs, (1..=21).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_server_pings_and_a_client_that_does_not_answer_is_given_up() {
    let app = quick().await;
    let (_, path) = open(&app).await;
    assert_eq!(text(&app, &path).await, "2");
    assert_eq!(post(&app, &path, "3").await, 200);
    assert_eq!(text(&app, &path).await, "2");
    let given_up = async { while get(&app, &path).await.status() != 400 {} };
    tokio::time::timeout(Duration::from_secs(10), given_up).await.expect("it did not answer the second one");
}

#[tokio::test]
async fn a_websocket_that_answers_pings_stays_and_one_that_does_not_is_closed() {
    let app = quick().await;
    let mut good = app.signed_in("alice").await;
    let mut silent = Socket::open(&app.address, &[]).await.ok().unwrap();
    let token = app.token("bob", 60);
    silent.send(format!("40{}", json!({ "token": token }))).await;
    silent.packet().await.expect("the namespace");
    let silent_is_closed = async {
        while app.hub.count("bob") == 0 {
            good.expect_nothing().await;
        }
        while app.hub.count("bob") > 0 {
            // Reading also answers the pings.
            good.expect_nothing().await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), silent_is_closed).await.expect("it is closed");
    assert_eq!((app.hub.count("alice"), app.hub.count("bob")), (1, 0));
}

#[tokio::test]
async fn a_session_moves_from_polling_to_a_websocket_and_loses_nothing() {
    let app = TestApp::start().await;
    app.register("conn-1", "alice").await;
    let (open, path) = open(&app).await;
    assert_eq!(post(&app, &path, format!("40{}", json!({ "token": app.token("alice", 60) }))).await, 200);
    let greeting = text(&app, &path).await;
    assert!(greeting.contains("40{"), "{greeting}");
    let mut socket = Socket::upgrade(&app.address, open["sid"].as_str().unwrap()).await;
    socket.send("2probe").await;
    assert_eq!(socket.packet().await.as_deref(), Some("3probe"));
    Basiq::default().deliver(&app, &basiq_body("conn-1", "t1", "-1")).await;
    socket.send("5").await;
    let mut received = greeting;
    while !received.contains("transaction:new") {
        received.push_str(&socket.packet().await.expect("an event"));
    }
    assert!(received.contains("authenticated") && received.contains("\"t1\""));
    socket.expect_nothing().await;
}

#[tokio::test]
async fn packets_that_are_none_end_the_session_and_nothing_else() {
    let app = TestApp::start().await;
    let mut other = app.signed_in("alice").await;
    for bad in ["9", "4", "4abc", "42{}", "42[", "451-", "40/unknown-and-[broken"] {
        let mut socket = app.socket().await;
        socket.send(bad).await;
        socket.send("42[\"ping\"]").await;
        // Either the connection ends, or the packet is ignored: the server never takes it for another one.
        match socket.packet().await.as_deref() {
            None | Some("1" | "41" | "42[\"pong\"]") => {}
            Some(answer) if answer.starts_with("44") => {}
            Some(answer) => panic!("{bad} was answered by {answer}"),
        }
    }
    let path = joined(&app).await;
    assert_eq!(post(&app, &path, "abc").await, 400);
    other.expect_nothing().await;
}

#[tokio::test]
async fn only_the_main_namespace_is_there() {
    let app = TestApp::start().await;
    let mut socket = Socket::open(&app.address, &[]).await.ok().unwrap();
    socket.send("40/admin,").await;
    assert_eq!(socket.packet().await.as_deref(), Some("44/admin,{\"message\":\"Invalid namespace\"}"));
    socket.send("40").await;
    assert!(socket.packet().await.is_some_and(|packet| packet.starts_with("40{")));
}

#[tokio::test]
async fn events_before_the_namespace_is_joined_do_nothing() {
    let app = TestApp::start().await;
    let mut socket = Socket::open(&app.address, &[]).await.ok().unwrap();
    socket.send("42[\"ping\"]").await;
    assert!(socket.packet().await.is_none_or(|packet| packet == "1"), "the engine's connection is closed");
}

#[tokio::test]
async fn a_client_that_closes_frees_its_place_over_both_transports() {
    let app = TestApp::start().await;
    let (_, path) = open(&app).await;
    assert_eq!(post(&app, &path, format!("40{}", json!({ "token": app.token("alice", 60) }))).await, 200);
    while !text(&app, &path).await.contains("authenticated") {}
    let mut socket = app.signed_in("alice").await;
    assert_eq!(app.hub.count("alice"), 2);
    assert_eq!(post(&app, &path, "1").await, 200);
    socket.send("1").await;
    let gone = async {
        while app.hub.count("alice") > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), gone).await.expect("the places are free");
    assert_eq!(get(&app, &path).await.status(), 400);
}

#[tokio::test]
async fn binary_packets_and_acknowledgements_are_understood() {
    let app = TestApp::start().await;
    let mut socket = app.socket().await;
    socket.send("451-7[\"ping\",{\"_placeholder\":true,\"num\":0}]").await;
    socket.send_binary(&[1, 2, 3]).await;
    let mut answers = vec![socket.packet().await.unwrap(), socket.packet().await.unwrap()];
    answers.sort();
    assert_eq!(answers, ["42[\"pong\"]", "437[\"pong\"]"]);
}
