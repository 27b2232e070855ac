//! Credentials in a handshake outside its payload.

use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{Basiq, Polling, Socket, TestApp, basiq_body, code, cookie};

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

#[tokio::test]
async fn a_token_in_an_authorization_header_signs_in_as_one_in_the_payload_does() {
    let app = TestApp::start().await;
    app.register("conn-1", "alice").await;
    Basiq::default().deliver(&app, &basiq_body("conn-1", "t1", "-1")).await;
    let header = bearer(&app.token("alice", 60));
    for scheme in ["Bearer", "bearer"] {
        let header = header.replacen("Bearer", scheme, 1);
        let mut socket = Socket::connect(&app.address, None, &[("authorization", &header)]).await;
        assert_eq!(
            socket.expect("authenticated").await,
            json!({ "userId": "alice", "seq": 2, "epoch": app.state.store.epoch() })
        );
        // As after any handshake, `authenticate` is answered again.
        socket.emit("authenticate", &json!("alice")).await;
        socket.expect("authenticated").await;
        socket.expect_nothing().await;
    }
    let since = Some(json!({ "since": 1, "userId": "alice" }));
    let mut socket = Socket::connect(&app.address, since, &[("authorization", &header)]).await;
    socket.expect("authenticated").await;
    assert_eq!(socket.expect("transaction:new").await["source"], json!("replay"));
    let other = Some(json!({ "userId": "bob" }));
    let mut socket = Socket::connect(&app.address, other, &[("authorization", &header)]).await;
    assert_eq!(socket.expect("error").await["code"], json!("USER_MISMATCH"));
}

#[tokio::test]
async fn a_token_in_an_authorization_header_signs_in_over_polling() {
    let app = TestApp::start().await;
    let header = bearer(&app.token("alice", 60));
    let polling = Polling::open_with(&app, &[("authorization", &header)]).await;
    assert_eq!(polling.post("40").await, 200);
    let mut packets = Vec::new();
    while !packets.iter().any(|packet: &String| packet.contains("authenticated")) {
        packets.extend(polling.poll().await);
    }
}

#[tokio::test]
async fn the_payload_of_a_handshake_counts_before_its_header() {
    let app = TestApp::start().await;
    let header = bearer(&app.token("bob", 60));
    let auth = json!({ "token": app.token("alice", 60) });
    let mut socket = Socket::connect(&app.address, Some(auth), &[("authorization", &header)]).await;
    assert_eq!(socket.expect("authenticated").await["userId"], json!("alice"));
}

#[tokio::test]
async fn a_header_that_proves_nothing_stands_in_nobodys_way() {
    let app = TestApp::start().await;
    let bad = bearer("no.token.here");
    let mut socket = Socket::connect(&app.address, None, &[("authorization", &bad)]).await;
    assert_eq!(socket.expect("error").await["code"], json!("INVALID_TOKEN"));
    socket.authenticate("alice", &app.token("alice", 60)).await;
    socket.expect("authenticated").await;
    // A proxy's own credentials do not count as a token.
    let mut socket = Socket::connect(&app.address, None, &[("authorization", "Basic YTpi")]).await;
    socket.expect_nothing().await;
    // A page of the server itself, behind a proxy that adds a header.
    let cookie = cookie(&app, "alice").await;
    let mut socket = Socket::connect(&app.address, None, &[("authorization", &bad), ("cookie", &cookie)]).await;
    assert_eq!(socket.expect("authenticated").await["userId"], json!("alice"));
}

#[tokio::test]
async fn a_token_in_the_address_is_refused_with_the_reason() {
    let app = TestApp::start().await;
    let token = app.token("alice", 60);
    for name in ["token", "access_token"] {
        let query = format!("&{name}={token}");
        let socket = Socket::open_at(&app.address, &query, &[]).await.ok().unwrap();
        let mut socket = socket.join(None).await;
        let error = socket.expect("error").await;
        assert_eq!(error["code"], json!("MISSING_CREDENTIALS"));
        let message = error["message"].as_str().unwrap();
        assert!(message.starts_with("User ID and token required: ") && message.contains("URL"), "{message}");
        socket.authenticate("alice", &token).await;
        socket.expect("authenticated").await;
        // Ignored if there is a token in the payload.
        let socket = Socket::open_at(&app.address, &query, &[]).await.ok().unwrap();
        let mut socket = socket.join(Some(json!({ "token": token }))).await;
        socket.expect("authenticated").await;
        socket.expect_nothing().await;
    }
    for path in ["/api/events", "/api/transactions"] {
        let answer = app.request(Method::GET, &format!("{path}?access_token={token}")).send().await.unwrap();
        let body: Value = answer.json().await.unwrap();
        assert!(body["error"].as_str().unwrap().contains("URL"), "{body}");
        let answer = app.request(Method::GET, &format!("{path}?access_token={token}")).send().await.unwrap();
        assert_eq!(code(answer).await, (401, "UNAUTHORIZED".to_owned()));
    }
}

/// A handshake, followed directly by a text frame of at most 65,535 bytes, masked with zeros.
fn handshake_and_frame(host: &str, text: &str) -> Vec<u8> {
    let head = format!(
        "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\n\
         Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    let [high, low] = u16::try_from(text.len()).unwrap().to_be_bytes();
    [head.as_bytes(), &[0x81, 0x80 | 126, high, low, 0, 0, 0, 0], text.as_bytes()].concat()
}

#[tokio::test]
async fn what_a_client_sends_right_behind_its_handshake_is_read() {
    let app = TestApp::start().await;
    let host = app.address.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).await.unwrap();
    let join = format!(r#"40{{"token":"{}"}}"#, app.token("alice", 60));
    stream.write_all(&handshake_and_frame(host, &join)).await.unwrap();
    let (mut answer, mut buffer) = (String::new(), [0; 4096]);
    while !answer.contains("authenticated") {
        let read = stream.read(&mut buffer).await.unwrap();
        assert!(read > 0, "the server closed the connection after: {answer}");
        answer.push_str(&String::from_utf8_lossy(&buffer[..read]));
    }
    // The key of the example in RFC 6455, 1.3, and its answer.
    let head = answer.to_lowercase();
    assert!(head.starts_with("http/1.1 101") && head.contains("connection: upgrade\r\n"), "{head}");
    assert!(answer.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{answer}");
    assert!(head.contains("x-content-type-options: nosniff"), "{head}");
}

#[tokio::test]
async fn a_ping_is_answered_by_a_pong_without_arguments() {
    let app = TestApp::start().await;
    let mut socket = app.socket().await;
    for ping in ["42[\"ping\"]", "42[\"ping\",null]", "42[\"ping\",{\"x\":1},2]"] {
        socket.send(ping).await;
        assert_eq!(socket.packet().await.as_deref(), Some("42[\"pong\"]"), "{ping}");
    }
}
