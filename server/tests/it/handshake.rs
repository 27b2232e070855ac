//! What a handshake brings to sign in with, beside its payload.

use reqwest::Method;
use serde_json::{Value, json};

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
    // A proxy's own: no token at all.
    let mut socket = Socket::connect(&app.address, None, &[("authorization", "Basic YTpi")]).await;
    socket.expect_nothing().await;
    // A page of the server's own, behind a proxy that adds a header.
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
        assert!(message.starts_with("User ID and token required: ") && message.contains("address"), "{message}");
        socket.authenticate("alice", &token).await;
        socket.expect("authenticated").await;
        // Beside a token where it is read, it does not matter.
        let socket = Socket::open_at(&app.address, &query, &[]).await.ok().unwrap();
        let mut socket = socket.join(Some(json!({ "token": token }))).await;
        socket.expect("authenticated").await;
        socket.expect_nothing().await;
    }
    for path in ["/api/events", "/api/transactions"] {
        let answer = app.request(Method::GET, &format!("{path}?access_token={token}")).send().await.unwrap();
        let body: Value = answer.json().await.unwrap();
        assert!(body["error"].as_str().unwrap().contains("address"), "{body}");
        let answer = app.request(Method::GET, &format!("{path}?access_token={token}")).send().await.unwrap();
        assert_eq!(code(answer).await, (401, "UNAUTHORIZED".to_owned()));
    }
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
