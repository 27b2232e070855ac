//! Connections that the server ends: after a disconnect, with a dashboard session, and at shutdown.

use std::time::{Duration, Instant};

use http::header::COOKIE;
use reqwest::Method;
use serde_json::{Value, json};
use server::feed;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{Basiq, Socket, TestApp, basiq_body, config, cookie};

#[tokio::test]
async fn a_websocket_that_ignores_its_disconnect_is_aborted() {
    let app = TestApp::start().await;
    let mut socket = app.socket().await;
    let signed_out = Instant::now();
    for _ in 0..10 {
        socket.authenticate("alice", "not.a.token").await;
    }
    while let Some(packet) = socket.packet().await {
        assert!(packet.starts_with("42[\"error\"") || packet == "41", "{packet}");
    }
    assert!(signed_out.elapsed() > Duration::from_secs(4), "it had time to close the connection");
}

#[tokio::test]
async fn a_polling_session_that_ignores_its_disconnect_is_unknown_afterwards() {
    let app = TestApp::start().await;
    let get = |path: String| app.request(Method::GET, &path).send();
    let opened = get("/socket.io/?EIO=4&transport=polling".to_owned()).await.unwrap().text().await.unwrap();
    let open: Value = serde_json::from_str(opened.trim_start_matches('0')).unwrap();
    let path = format!("/socket.io/?EIO=4&transport=polling&sid={}", open["sid"].as_str().unwrap());
    for packet in ["40", "41"] {
        let sent = app.request(Method::POST, &path).body(packet).send().await.unwrap();
        assert_eq!(sent.status(), 200);
    }
    let deadline = Instant::now() + Duration::from_secs(9);
    loop {
        let answer = app.request(Method::POST, &path).body("3").send().await.unwrap();
        if answer.status() == 400 {
            let body: Value = answer.json().await.unwrap();
            assert_eq!(body, json!({ "code": 1, "message": "Session ID unknown" }));
            break;
        }
        assert!(Instant::now() < deadline, "the session is still served");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Behind a proxy with keep-alive, the connection that a session started on carries other clients' requests.
#[tokio::test]
async fn the_connection_on_which_an_upgraded_session_started_is_not_aborted_with_the_session() {
    let mut config = config();
    config.realtime.auth_timeout = Duration::from_secs(1);
    let app = TestApp::with(config).await;
    let mut kept = TcpStream::connect(app.address.trim_start_matches("http://")).await.unwrap();
    let opened = get_on(&mut kept, "/socket.io/?EIO=4&transport=polling").await;
    let sid = opened.split("\"sid\":\"").nth(1).unwrap().split('"').next().unwrap();
    let mut socket = Socket::upgrade(&app.address, sid).await;
    socket.send("2probe").await;
    assert_eq!(socket.packet().await.as_deref(), Some("3probe"));
    socket.send("5").await;
    socket.send("40").await;
    while socket.packet().await.is_some() {}
    assert!(get_on(&mut kept, "/health/live").await.contains("200 OK"));
}

/// Sends a request over a kept-alive connection; returns the beginning of the answer.
async fn get_on(stream: &mut TcpStream, path: &str) -> String {
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = vec![0; 4096];
    let read = stream.read(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer[..read]).into_owned()
}

#[tokio::test]
async fn a_client_that_leaves_and_rejoins_over_the_same_connection_is_not_aborted() {
    let app = TestApp::start().await;
    let mut socket = app.signed_in("alice").await;
    socket.send("41").await;
    socket.send(format!("40{}", json!({ "token": app.token("alice", 600) }))).await;
    assert!(socket.packet().await.is_some_and(|packet| packet.starts_with("40{")));
    socket.expect("authenticated").await;
    tokio::time::sleep(Duration::from_millis(5500)).await;
    socket.expect_nothing().await;
}

#[tokio::test]
async fn a_session_that_another_process_ended_ends_its_sockets_and_streams() {
    let app = TestApp::start().await;
    let cookie = cookie(&app, "alice").await;
    let mut socket = Socket::connect(&app.address, None, &[("cookie", cookie.as_str())]).await;
    socket.expect("authenticated").await;
    let stream = app.request(Method::GET, "/api/events").header(COOKIE, &cookie).send().await.unwrap();
    assert_eq!(app.hub.count("alice"), 2);
    feed::disconnect_ended_sessions(&app.state.feed, app.now()).await.unwrap();
    socket.expect_nothing().await;
    // As another process would, without informing this one.
    assert_eq!(app.state.store.delete_sessions("alice".to_owned()).await.unwrap(), 1);
    feed::disconnect_ended_sessions(&app.state.feed, app.now()).await.unwrap();
    assert_eq!(socket.expect("error").await["code"], json!("TOKEN_EXPIRED"));
    socket.expect_disconnect().await;
    let rest = tokio::time::timeout(Duration::from_secs(5), stream.text()).await.unwrap().unwrap();
    assert!(!rest.contains("event:"), "{rest}");
    assert_eq!(app.hub.count("alice"), 0);
}

#[tokio::test]
async fn signing_out_ends_the_sessions_streams() {
    let app = TestApp::start().await;
    let cookie = cookie(&app, "alice").await;
    let stream = app.request(Method::GET, "/api/events").header(COOKIE, &cookie).send().await.unwrap();
    let end = app.request(Method::DELETE, "/api/session").header(COOKIE, &cookie).send().await.unwrap();
    assert_eq!(end.status(), 204);
    let rest = tokio::time::timeout(Duration::from_secs(5), stream.text()).await.unwrap().unwrap();
    assert!(!rest.contains("event:"), "{rest}");
}

#[tokio::test]
async fn a_stopping_server_answers_requests_in_flight_and_accepts_no_others() {
    let mut app = TestApp::start().await;
    app.register("conn-1", "alice").await;
    let mut socket = app.signed_in("alice").await;
    let stream = app.request(Method::GET, "/api/events").bearer_auth(app.token("alice", 60)).send().await.unwrap();
    // Half of a delivery.
    let body = basiq_body("conn-1", "t1", "-1").to_string().into_bytes();
    let mut head =
        format!("POST /api/connectors/basiq/webhook HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in Basiq::default().sign("m1", &body, app.now()) {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let address = app.address.trim_start_matches("http://").to_owned();
    let mut delivery = TcpStream::connect(&address).await.unwrap();
    delivery.write_all(format!("{head}\r\n").as_bytes()).await.unwrap();
    delivery.write_all(&body[..body.len() / 2]).await.unwrap();
    let mut idle = TcpStream::connect(&address).await.unwrap();
    // The first answer shows that the server has accepted the connection from the kernel.
    idle.write_all(b"GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    assert!(idle.read(&mut [0; 1024]).await.unwrap() > 0);

    // A browser's speculative connection, before a first request.
    let mut silent = TcpStream::connect(&address).await.unwrap();

    let stopping = Instant::now();
    let served = app.stop();
    // The engine's close, and no disconnect from the namespace: official clients reconnect after a close.
    while let Some(packet) = socket.packet().await {
        assert_eq!(packet, "1");
    }
    assert!(!stream.text().await.unwrap().contains("event:"), "the stream has ended");
    assert_eq!(idle.read(&mut [0; 16]).await.unwrap(), 0, "an idle connection is closed");
    assert_eq!(silent.read(&mut [0; 16]).await.unwrap_or(0), 0, "so is one that has never been used");
    assert!(TcpStream::connect(&address).await.is_err(), "no new connection is accepted");
    delivery.write_all(&body[body.len() / 2..]).await.unwrap();
    let mut answer = String::new();
    delivery.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains(r#""processed":1"#), "{answer}");
    served.await.unwrap();
    assert!(stopping.elapsed() < Duration::from_secs(7), "it did not wait for the limit");
    let stored =
        app.state.store.transactions("alice".to_owned(), wire::api::TransactionQuery::default()).await.unwrap();
    assert_eq!(stored.transactions.len(), 1);
}

#[tokio::test]
async fn a_client_that_hangs_does_not_keep_a_server_from_stopping() {
    let mut app = TestApp::start().await;
    let mut hanging = TcpStream::connect(app.address.trim_start_matches("http://")).await.unwrap();
    let head = "POST /api/connectors/basiq/webhook HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{";
    hanging.write_all(head.as_bytes()).await.unwrap();
    // By then the server is reading the body.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let stopping = Instant::now();
    app.stop().await.unwrap();
    assert!(stopping.elapsed() < Duration::from_secs(10));
}
