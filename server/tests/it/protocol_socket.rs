//! Socket.IO 5, behaviour by behaviour: the requirements of the protocol's own test suite.
//! <https://github.com/socketio/socket.io-protocol>

use std::time::Duration;

use serde_json::Value;

use crate::support::{Socket, TestApp, config};

async fn engine(app: &TestApp) -> Socket {
    Socket::open(&app.address, &[]).await.ok().unwrap()
}

#[tokio::test]
async fn joining_the_namespace_is_answered_by_the_sockets_id_with_or_without_a_payload() {
    let app = TestApp::start().await;
    for join in ["40", "40{}", "40{\"token\":null}", "40{\"x\":[1]}"] {
        let mut socket = engine(&app).await;
        socket.send(join).await;
        let packet = socket.packet().await.unwrap();
        let answer: Value = serde_json::from_str(packet.strip_prefix("40").unwrap()).unwrap();
        let members: Vec<_> = answer.as_object().unwrap().iter().collect();
        assert!(members.len() == 1 && answer["sid"].as_str().is_some_and(|sid| !sid.is_empty()), "{join}: {packet}");
        socket.expect_nothing().await;
    }
}

#[tokio::test]
async fn an_unknown_namespace_is_refused_with_or_without_a_payload() {
    let app = TestApp::start().await;
    let mut socket = engine(&app).await;
    for (join, name) in
        [("40/random", "/random"), ("40/custom,", "/custom"), ("40/custom,{\"token\":\"abc\"}", "/custom")]
    {
        socket.send(join).await;
        let refusal = format!("44{name},{{\"message\":\"Invalid namespace\"}}");
        assert_eq!(socket.packet().await, Some(refusal), "{join}");
    }
}

#[tokio::test]
async fn a_client_that_joins_nothing_is_closed() {
    let mut config = config();
    config.realtime.connect_timeout = Duration::from_millis(200);
    let app = TestApp::with(config).await;
    engine(&app).await.expect_end().await;
}

#[tokio::test]
async fn leaving_the_namespace_leaves_the_connection_for_coming_back() {
    let app = TestApp::start().await;
    let mut socket = app.signed_in("alice").await;
    assert_eq!(app.hub.count("alice"), 1);
    socket.send("41").await;
    let mut socket = socket.join(None).await;
    assert_eq!(app.hub.count("alice"), 0);
    socket.expect_nothing().await;
    socket.authenticate("alice", &app.token("alice", 60)).await;
    socket.expect("authenticated").await;
}

#[tokio::test]
async fn an_acknowledgement_has_the_number_of_its_event_and_may_be_of_binary_ones() {
    let app = TestApp::start().await;
    let mut socket = app.socket().await;
    socket.send("42456[\"ping\",1,\"2\",{\"3\":[false]}]").await;
    let answers = [socket.packet().await.unwrap(), socket.packet().await.unwrap()];
    assert!(answers.contains(&"43456[\"pong\"]".to_owned()), "{answers:?}");
    let two = "{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}";
    socket.send(format!("452-789[\"ping\",{two}]")).await;
    socket.send_binary(&[1, 2, 3]).await;
    socket.send_binary(&[4, 5, 6]).await;
    let answers = [socket.packet().await.unwrap(), socket.packet().await.unwrap()];
    assert!(answers.contains(&"43789[\"pong\"]".to_owned()), "{answers:?}");
}

#[tokio::test]
async fn events_that_nobody_knows_are_ignored() {
    let app = TestApp::start().await;
    let mut socket = app.socket().await;
    for event in ["42[\"message\",1,\"2\",{\"3\":[true]}]", "427[\"message-with-ack\"]", "42[\"\"]"] {
        socket.send(event).await;
        socket.expect_nothing().await;
    }
}

#[tokio::test]
async fn packets_that_are_none_close_the_connection() {
    let app = TestApp::start().await;
    for packet in ["4abc", "42{}", "42abc[\"ping\"]", "42[", "4", "42[7]", "45-[\"ping\"]"] {
        let mut socket = app.socket().await;
        socket.send(packet).await;
        socket.expect_end().await;
    }
    let mut socket = engine(&app).await;
    socket.send("4abc").await;
    socket.expect_end().await;
}
