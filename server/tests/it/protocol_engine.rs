//! Engine.IO 4, behaviour by behaviour: the requirements of the protocol's own test suite.
//! <https://github.com/socketio/socket.io/tree/main/docs/engine.io-protocol>

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Engine, SEPARATOR, Socket, TestApp, config};

/// Waits until a condition holds.
async fn eventually(mut is_so: impl AsyncFnMut() -> bool, what: &str) {
    let becoming = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), becoming).await.expect(what);
}

#[tokio::test]
async fn a_websocket_handshake_tells_the_same_and_offers_no_upgrade() {
    let app = TestApp::start().await;
    let (_, packet) = Socket::opened(&app.address, "EIO=4&transport=websocket").await.ok().unwrap();
    let open: Value = serde_json::from_str(packet.strip_prefix('0').unwrap()).unwrap();
    assert_eq!(open["upgrades"], json!([]));
    assert_eq!((&open["pingInterval"], &open["pingTimeout"]), (&json!(25_000), &json!(20_000)));
    assert_eq!(open["maxPayload"], json!(100_000));
    let members: Vec<_> = open.as_object().unwrap().keys().cloned().collect();
    assert_eq!(members.len(), 5, "{members:?}");
}

#[tokio::test]
async fn a_websocket_of_no_known_version_or_transport_is_refused() {
    let app = TestApp::start().await;
    for query in ["transport=websocket", "EIO=abc&transport=websocket", "EIO=4", "EIO=4&transport=abc"] {
        assert_eq!(Socket::opened(&app.address, query).await.err(), Some(400), "{query}");
    }
}

#[tokio::test]
async fn a_payload_has_one_packet_or_several_of_text_and_of_bytes() {
    let app = TestApp::start().await;
    let session = Engine::open(&app).await.join("").await;
    assert_eq!(session.post("42[\"ping\"]").await, (200, "ok".to_owned()));
    assert_eq!(session.text().await, "42[\"pong\"]");
    let several = ["421[\"ping\"]", "422[\"ping\"]"].join(&SEPARATOR.to_string());
    assert_eq!(session.post(&several).await, (200, "ok".to_owned()));
    assert_eq!(all(&session, 4).await, ["42[\"pong\"]", "42[\"pong\"]", "431[\"pong\"]", "432[\"pong\"]"]);
    let binary = ["451-3[\"ping\",{\"_placeholder\":true,\"num\":0}]", "bAQIDBA=="].join(&SEPARATOR.to_string());
    assert_eq!(session.post(&binary).await, (200, "ok".to_owned()));
    assert_eq!(all(&session, 2).await, ["42[\"pong\"]", "433[\"pong\"]"]);
}

/// The next packets except pings, sorted by text.
async fn all(session: &Engine<'_>, number: usize) -> Vec<String> {
    let mut packets = Vec::new();
    while packets.len() < number {
        packets.extend(session.text().await.split(SEPARATOR).filter(|packet| *packet != "2").map(str::to_owned));
    }
    packets.sort();
    packets
}

#[tokio::test]
async fn a_payload_that_is_none_ends_the_session() {
    let app = TestApp::start().await;
    for body in ["abc", "9", "b%%%"] {
        let session = Engine::open(&app).await.join("").await;
        assert_eq!(session.post(body).await.0, 400, "{body}");
        assert_eq!(session.status().await, 400, "{body}");
    }
}

#[tokio::test]
async fn a_websocket_packet_that_is_none_ends_the_session() {
    let app = TestApp::start().await;
    for packet in ["abc", "7", ""] {
        let mut socket = Socket::open(&app.address, &[]).await.ok().unwrap();
        socket.send(packet).await;
        socket.expect_end().await;
    }
}

#[tokio::test]
async fn two_polls_at_once_end_the_session() {
    let app = TestApp::start().await;
    let session = Engine::open(&app).await;
    let polls = tokio::join!(session.get(), session.get());
    // The poll that arrived first waits, and is told that the session is closed.
    let (first, second) = if polls.0.status() == 200 { polls } else { (polls.1, polls.0) };
    assert_eq!((first.status().as_u16(), first.text().await.unwrap()), (200, "1".to_owned()));
    assert_eq!(second.status(), 400);
    assert_eq!(session.status().await, 400);
}

#[tokio::test]
async fn a_poll_that_its_client_cuts_off_ends_the_session_and_frees_its_place() {
    let app = TestApp::start().await;
    let session = Engine::open(&app).await;
    session.ask_and_go().await;
    eventually(async || session.post("3").await.0 == 400, "it is ended before it has joined").await;

    let auth = json!({ "token": app.token("alice", 60) }).to_string();
    let session = Engine::open(&app).await;
    assert_eq!(session.post(&format!("40{auth}")).await.0, 200);
    while !session.text().await.contains("authenticated") {}
    assert_eq!(app.hub.count("alice"), 1);
    session.ask_and_go().await;
    eventually(async || app.hub.count("alice") == 0, "the place is free").await;
    assert_eq!(session.status().await, 400);
}

#[tokio::test]
async fn a_client_that_answers_pings_over_polling_stays() {
    let mut config = config();
    config.realtime.ping_interval = Duration::from_millis(100);
    let app = TestApp::with(config).await;
    let session = Engine::open(&app).await;
    for _ in 0..3 {
        assert_eq!(session.text().await, "2");
        assert_eq!(session.post("3").await, (200, "ok".to_owned()));
    }
}

#[tokio::test]
async fn a_client_that_closes_over_polling_has_its_waiting_poll_answered() {
    let app = TestApp::start().await;
    let answer = async {
        loop {
            let session = Engine::open(&app).await;
            let (poll, close) = tokio::join!(session.get(), session.post("1"));
            assert_eq!((close.0, session.status().await), (200, 400));
            // If the poll arrived last, the session was gone.
            if poll.status() == 200 {
                return poll.text().await.unwrap();
            }
        }
    };
    let answer = tokio::time::timeout(Duration::from_secs(10), answer).await.expect("a poll that came first");
    assert_eq!(answer, "6");
}

#[tokio::test]
async fn a_client_that_closes_over_websocket_is_closed() {
    let app = TestApp::start().await;
    let mut socket = Socket::open(&app.address, &[]).await.ok().unwrap();
    socket.send("1").await;
    socket.expect_end().await;
}

#[tokio::test]
async fn a_poll_during_an_upgrade_is_answered_and_the_websocket_goes_on() {
    let app = TestApp::start().await;
    let session = Engine::open(&app).await.join("").await;
    let mut socket = session.websocket(4).await;
    let waiting = session.text();
    let (waiting, ()) = tokio::join!(waiting, socket.send("2probe"));
    assert_eq!(waiting, "6");
    assert_eq!(socket.packet().await.as_deref(), Some("3probe"));
    assert_eq!(session.text().await, "6", "and so is every further one");
    socket.send("5").await;
    socket.send("42[\"ping\"]").await;
    assert_eq!(socket.packet().await.as_deref(), Some("42[\"pong\"]"));
}

#[tokio::test]
async fn after_an_upgrade_other_requests_of_the_session_are_refused_and_it_goes_on() {
    let app = TestApp::start().await;
    let session = Engine::open(&app).await.join("").await;
    let mut socket = session.websocket(4).await;
    let (_, ()) = tokio::join!(session.text(), socket.send("2probe"));
    assert_eq!(socket.packet().await.as_deref(), Some("3probe"));
    socket.send("5").await;
    eventually(async || session.status().await == 400, "it has moved").await;
    assert_eq!(session.post("42[\"ping\"]").await.0, 400);
    session.websocket(4).await.expect_end().await;
    socket.expect_nothing().await;
}

#[tokio::test]
async fn other_methods_are_refused() {
    let app = TestApp::start().await;
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
        let request = app.request(method.clone(), "/socket.io/?EIO=4&transport=polling");
        assert_eq!(request.send().await.unwrap().status(), 400, "{method}");
    }
}
