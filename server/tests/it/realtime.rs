//! Signing in over Socket.IO, and which user gets which event.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Basiq, Socket, TestApp, basiq_body, config};

#[tokio::test]
async fn the_originals_sign_in_is_answered_with_the_newest_number() {
    let app = TestApp::start().await;
    app.register("conn-1", "alice").await;
    Basiq::default().deliver(&app, &basiq_body("conn-1", "t1", "-1")).await;
    let mut socket = app.socket().await;
    socket.authenticate("alice", &app.token("alice", 60)).await;
    assert_eq!(
        socket.expect("authenticated").await,
        json!({ "userId": "alice", "seq": 2, "epoch": app.state.store.epoch() })
    );
}

#[tokio::test]
async fn an_authenticate_after_the_handshake_is_answered_again_and_changes_nothing() {
    let app = TestApp::start().await;
    let mut socket = app.signed_in("alice").await;
    for payload in [json!("alice"), json!({ "userId": "alice", "token": app.token("alice", 60) })] {
        socket.emit("authenticate", &payload).await;
        assert_eq!(socket.expect("authenticated").await["userId"], json!("alice"));
    }
    assert_eq!(app.hub.count("alice"), 1);
    socket.authenticate("bob", &app.token("bob", 60)).await;
    assert_eq!(socket.expect("error").await["code"], json!("USER_MISMATCH"));
}

#[tokio::test]
async fn each_bad_sign_in_is_told_in_the_originals_words() {
    let app = TestApp::start().await;
    let mut socket = app.socket().await;
    let (good, others) = (app.token("alice", 60), app.token("bob", 60));
    let expired = app.token("alice", -60);
    for (payload, message, code) in [
        (json!({ "userId": "alice" }), "User ID and token required", "MISSING_CREDENTIALS"),
        (json!({ "token": good }), "User ID and token required", "MISSING_CREDENTIALS"),
        (json!(null), "User ID and token required", "MISSING_CREDENTIALS"),
        (json!("alice"), "User ID and token required", "MISSING_CREDENTIALS"),
        (json!({ "userId": "alice", "token": "x.y.z" }), "Invalid or expired token", "INVALID_TOKEN"),
        (json!({ "userId": "alice", "token": expired }), "Invalid or expired token", "INVALID_TOKEN"),
        (json!({ "userId": "alice", "token": others }), "User ID mismatch", "USER_MISMATCH"),
    ] {
        socket.emit("authenticate", &payload).await;
        assert_eq!(socket.expect("error").await, json!({ "message": message, "code": code }), "{payload}");
    }
    socket.authenticate("alice", &good).await;
    socket.expect("authenticated").await;
}

#[tokio::test]
async fn an_acknowledgement_that_is_asked_for_says_the_same() {
    let app = TestApp::start().await;
    let mut socket = app.socket().await;
    socket.send(r#"427["authenticate",{"userId":"alice","token":"no"}]"#).await;
    socket.expect("error").await;
    let refused = socket.packet().await.unwrap();
    assert_eq!(refused, r#"437[{"ok":false,"message":"Invalid or expired token","code":"INVALID_TOKEN"}]"#);
    let payload = json!(["authenticate", { "userId": "alice", "token": app.token("alice", 60) }]);
    socket.send(format!("428{payload}")).await;
    socket.expect("authenticated").await;
    assert_eq!(socket.packet().await.unwrap(), r#"438[{"ok":true,"userId":"alice","seq":0}]"#);
}

#[tokio::test]
async fn events_go_to_every_socket_of_the_user_and_to_no_other() {
    let app = TestApp::start().await;
    app.register("conn-a", "alice").await;
    app.register("conn-b", "bob").await;
    let (mut phone, mut laptop) = (app.signed_in("alice").await, app.signed_in("alice").await);
    let (mut bob, mut stranger) = (app.signed_in("bob").await, app.socket().await);
    let mut basiq = Basiq::default();
    basiq.deliver(&app, &basiq_body("conn-a", "t1", "-50.10")).await;
    for socket in [&mut phone, &mut laptop] {
        let event = socket.expect("transaction:new").await;
        assert_eq!((&event["seq"], &event["source"]), (&json!(2), &json!("realtime")));
        assert!(event["eventId"].is_string() && event["timestamp"].as_str().unwrap().ends_with('Z'));
    }
    bob.expect_nothing().await;
    stranger.expect_nothing().await;
}

#[tokio::test]
async fn an_amount_crosses_the_socket_digit_for_digit() {
    let app = TestApp::start().await;
    app.register("conn-1", "alice").await;
    let mut socket = app.signed_in("alice").await;
    Basiq::default().deliver(&app, &basiq_body("conn-1", "t1", "-99999999999999.123")).await;
    let packet = socket.packet().await.unwrap();
    assert!(packet.contains("\"amount\":-99999999999999.123,"), "{packet}");
}

#[tokio::test]
async fn the_limit_of_sockets_holds_when_they_all_come_at_once() {
    let mut config = config();
    config.realtime.max_connections_per_user = 3;
    let app = TestApp::with(config).await;
    let auth = json!({ "token": app.token("alice", 60) });
    let attempts = (0..12).map(|_| async {
        let mut socket = Socket::connect(&app.address, Some(auth.clone()), &[]).await;
        let (name, payload) = socket.event().await;
        (name, payload, socket)
    });
    let outcomes = futures_util::future::join_all(attempts).await;
    let (let_in, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(|(name, ..)| name == "authenticated");
    assert_eq!((let_in.len(), app.hub.count("alice")), (3, 3));
    for (_, payload, mut socket) in refused {
        assert_eq!(payload, json!({ "message": "Connection limit reached", "code": "CONNECTION_LIMIT", "limit": 3 }));
        socket.expect_disconnect().await;
    }
}

#[tokio::test]
async fn a_place_is_free_again_when_a_socket_has_gone() {
    let mut config = config();
    config.realtime.max_connections_per_user = 1;
    let app = TestApp::with(config).await;
    drop(app.signed_in("alice").await);
    while app.hub.count("alice") > 0 {
        tokio::task::yield_now().await;
    }
    app.signed_in("alice").await;
}

#[tokio::test]
async fn a_socket_that_does_not_sign_in_is_closed() {
    let mut config = config();
    config.realtime.auth_timeout = Duration::from_millis(200);
    let app = TestApp::with(config).await;
    let mut socket = app.socket().await;
    assert_eq!(socket.expect("error").await, json!({ "message": "Authentication timeout", "code": "AUTH_TIMEOUT" }));
    socket.expect_disconnect().await;
}

#[tokio::test]
async fn a_socket_is_closed_when_its_token_expires_unless_a_newer_one_came_before() {
    let app = TestApp::start().await;
    // Both tokens expired two seconds ago, within the leeway of five: three seconds are left.
    let short = json!({ "token": app.token("alice", -2) });
    let mut closed = Socket::connect(&app.address, Some(short.clone()), &[]).await;
    let mut extended = Socket::connect(&app.address, Some(short), &[]).await;
    closed.expect("authenticated").await;
    extended.expect("authenticated").await;
    extended.authenticate("alice", &app.token("alice", 600)).await;
    extended.expect("authenticated").await;
    assert_eq!(closed.expect("error").await, json!({ "message": "Token expired", "code": "TOKEN_EXPIRED" }));
    closed.expect_disconnect().await;
    extended.expect_nothing().await;
}

#[tokio::test]
async fn a_foreign_pages_socket_is_refused_and_a_configured_ones_is_not() {
    let mut config = config();
    config.http.allowed_origins = vec!["https://front.example".to_owned()];
    let app = TestApp::with(config).await;
    let own = app.address.clone();
    for (origin, accepted) in [("https://evil.example", false), ("https://front.example", true), (own.as_str(), true)] {
        let outcome = Socket::open(&app.address, &[("origin", origin)]).await;
        assert_eq!(outcome.map(|_| ()), if accepted { Ok(()) } else { Err(403) }, "{origin}");
        let polling = app
            .request(reqwest::Method::GET, "/socket.io/?EIO=4&transport=polling")
            .header("origin", origin)
            .send()
            .await
            .unwrap();
        assert_eq!(polling.status().is_success(), accepted, "{origin}");
    }
}

#[tokio::test]
async fn clients_of_socketio_2_can_be_turned_away() {
    let mut config = config();
    config.realtime.allow_eio3 = false;
    let app = TestApp::with(config).await;
    let old = app.request(reqwest::Method::GET, "/socket.io/?EIO=3&transport=polling").send().await.unwrap();
    assert_eq!(old.status(), 400);
}

#[tokio::test]
async fn numbers_have_no_gaps_whatever_comes_at_once() {
    let app = TestApp::start().await;
    for user in ["alice", "bob"] {
        app.register(&format!("conn-{user}"), user).await;
    }
    let mut socket = app.signed_in("alice").await;
    let basiq = Basiq::default();
    let deliveries = (0..100).map(|index| {
        let user = if index % 2 == 0 { "alice" } else { "bob" };
        let body = basiq_body(&format!("conn-{user}"), &format!("t{index}"), "-1").to_string().into_bytes();
        let (app, basiq) = (&app, &basiq);
        async move { basiq.send_as(app, &format!("msg_{index}"), body).await.status().as_u16() }
    });
    assert!(futures_util::future::join_all(deliveries).await.iter().all(|status| *status == 200));
    for seq in 2..=51_u64 {
        assert_eq!(socket.expect("transaction:new").await["seq"], json!(seq));
    }
}

#[tokio::test]
async fn the_native_client_of_the_command_line_signs_in_and_receives() {
    use futures_util::FutureExt as _;
    use rust_socketio::Payload;
    use rust_socketio::asynchronous::ClientBuilder;
    let app = TestApp::start().await;
    app.register("conn-1", "alice").await;
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel::<Value>();
    let forward = move |payload: Payload, _| {
        if let Payload::Text(values) = payload {
            values.into_iter().for_each(|value| drop(sender.send(value)));
        }
        async {}.boxed()
    };
    let client = ClientBuilder::new(app.address.clone())
        .auth(json!({ "token": app.token("alice", 60) }))
        .on("authenticated", forward.clone())
        .on("transaction:new", forward)
        .connect()
        .await
        .unwrap();
    assert_eq!(receiver.recv().await.unwrap()["userId"], json!("alice"));
    Basiq::default().deliver(&app, &basiq_body("conn-1", "t1", "-1")).await;
    assert_eq!(receiver.recv().await.unwrap()["transaction"]["transactionId"], json!("t1"));
    client.disconnect().await.unwrap();
}
