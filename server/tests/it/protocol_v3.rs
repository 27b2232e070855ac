//! Engine.IO 3 and Socket.IO 2, behaviour by behaviour: the older clients' protocol, in which packets are prefixed with
//! their length, the client pings, and the server opens the namespace.
//! <https://github.com/socketio/socket.io/blob/main/docs/engine.io-protocol/v3.md>

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Engine, Socket, TestApp, config};

/// A packet in a payload.
fn framed(packet: &str) -> String {
    format!("{}:{packet}", packet.chars().count())
}

/// Opens a WebSocket, which is in the namespace at once.
async fn websocket(app: &TestApp) -> Socket {
    let (mut socket, packet) = Socket::opened(&app.address, "EIO=3&transport=websocket").await.ok().unwrap();
    let open: Value = serde_json::from_str(packet.strip_prefix('0').unwrap()).unwrap();
    assert_eq!(open["upgrades"], json!([]));
    assert_eq!(socket.packet().await.as_deref(), Some("40"));
    socket
}

#[tokio::test]
async fn the_handshake_tells_the_session_its_upgrades_and_its_heartbeat() {
    let app = TestApp::start().await;
    let session = Engine::open_v3(&app).await;
    assert_eq!(session.opened["upgrades"], json!(["websocket"]));
    assert_eq!((&session.opened["pingInterval"], &session.opened["pingTimeout"]), (&json!(25_000), &json!(20_000)));
    for path in ["/socket.io/?EIO=3", "/socket.io/?EIO=3&transport=abc"] {
        assert_eq!(app.request(Method::GET, path).send().await.unwrap().status(), 400, "{path}");
    }
    let post = app.request(Method::POST, "/socket.io/?EIO=3&transport=polling");
    assert_eq!(post.send().await.unwrap().status(), 400);
    for query in ["EIO=3", "EIO=3&transport=abc"] {
        assert_eq!(Socket::opened(&app.address, query).await.err(), Some(400), "{query}");
    }
}

#[tokio::test]
async fn a_payload_has_one_packet_or_several_of_text_and_of_bytes() {
    let app = TestApp::start().await;
    let session = Engine::open_v3(&app).await;
    assert_eq!(session.post(&framed("42[\"ping\"]")).await, (200, "ok".to_owned()));
    assert_eq!(session.text().await, framed("42[\"pong\"]"));
    // Lengths are counted in characters.
    let several = [framed("42[\"ping\",\"€ ü\"]"), framed("42[\"ping\"]")].concat();
    assert_eq!(session.post(&several).await, (200, "ok".to_owned()));
    let mut answers = String::new();
    while answers.matches("pong").count() < 2 {
        answers.push_str(&session.text().await);
    }
    assert_eq!(answers, framed("42[\"pong\"]").repeat(2));
    let placeholder = framed("451-[\"ping\",{\"_placeholder\":true,\"num\":0}]");
    assert_eq!(session.post(&format!("{placeholder}{}", framed("b4AQIDBA=="))).await, (200, "ok".to_owned()));
    assert_eq!(session.text().await, framed("42[\"pong\"]"));
}

#[tokio::test]
async fn a_payload_that_is_none_ends_the_session() {
    let app = TestApp::start().await;
    for body in ["abc", "99:42", ":"] {
        let session = Engine::open_v3(&app).await;
        assert_eq!(session.post(body).await.0, 400, "{body}");
        assert_eq!(session.status().await, 400, "{body}");
    }
    let mut socket = websocket(&app).await;
    socket.send("abc").await;
    socket.expect_end().await;
}

#[tokio::test]
async fn a_websocket_takes_text_and_bytes() {
    let app = TestApp::start().await;
    let mut socket = websocket(&app).await;
    socket.send("42[\"ping\"]").await;
    assert_eq!(socket.packet().await.as_deref(), Some("42[\"pong\"]"));
    socket.send("451-[\"ping\",{\"_placeholder\":true,\"num\":0}]").await;
    socket.send_binary(&[4, 1, 2, 3]).await;
    assert_eq!(socket.packet().await.as_deref(), Some("42[\"pong\"]"));
}

#[tokio::test]
async fn pings_are_answered_and_a_client_that_sends_none_is_given_up() {
    let mut config = config();
    config.realtime.ping_interval = Duration::from_millis(300);
    config.realtime.ping_timeout = Duration::from_millis(700);
    let app = TestApp::with(config).await;
    let (session, mut socket) = (Engine::open_v3(&app).await, websocket(&app).await);
    for _ in 0..3 {
        assert_eq!(session.post("1:2").await, (200, "ok".to_owned()));
        assert_eq!(session.text().await, "1:3");
        socket.send("2").await;
        assert_eq!(socket.packet().await.as_deref(), Some("3"));
    }
    socket.expect_end().await;
    let given_up = async { while session.status().await != 400 {} };
    tokio::time::timeout(Duration::from_secs(10), given_up).await.expect("it sends nothing any more");
}

#[tokio::test]
async fn a_client_that_closes_is_closed_over_both_transports() {
    let app = TestApp::start().await;
    let answer = async {
        loop {
            let session = Engine::open_v3(&app).await;
            let (poll, close) = tokio::join!(session.get(), session.post("1:1"));
            assert_eq!((close.0, session.status().await), (200, 400));
            // If the poll arrived last, the session was gone.
            if poll.status() == 200 {
                return poll.text().await.unwrap();
            }
        }
    };
    let answer = tokio::time::timeout(Duration::from_secs(10), answer).await.expect("a poll that came first");
    assert_eq!(answer, "1:6");
    let mut socket = websocket(&app).await;
    socket.send("1").await;
    socket.expect_end().await;
}

#[tokio::test]
async fn a_session_moves_to_a_websocket_and_other_requests_of_it_are_refused() {
    let app = TestApp::start().await;
    let session = Engine::open_v3(&app).await;
    let mut socket = session.websocket(3).await;
    let (waiting, ()) = tokio::join!(session.text(), socket.send("2probe"));
    assert_eq!(waiting, "1:6");
    assert_eq!(socket.packet().await.as_deref(), Some("3probe"));
    socket.send("5").await;
    let moved = async { while session.status().await != 400 {} };
    tokio::time::timeout(Duration::from_secs(10), moved).await.expect("it has moved");
    session.websocket(3).await.expect_end().await;
    socket.send("42[\"ping\"]").await;
    assert_eq!(socket.packet().await.as_deref(), Some("42[\"pong\"]"));
}

#[tokio::test]
async fn a_client_signs_in_with_the_event() {
    let app = TestApp::start().await;
    let mut socket = websocket(&app).await;
    socket.authenticate("alice", &app.token("alice", 60)).await;
    let epoch = app.state.store.epoch();
    assert_eq!(socket.expect("authenticated").await, json!({ "userId": "alice", "seq": 0, "epoch": epoch }));
}
