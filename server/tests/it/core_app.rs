//! Calls to the core app, and the consequences of its answers.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use server::store::Revived;
use tokio::net::TcpListener;

use crate::support::{Basiq, CoreAppDouble, SERVICE_SECRET, TestApp, basiq_body, code, forwarding};

async fn start(core_app: &CoreAppDouble) -> TestApp {
    let app = TestApp::with(forwarding(&core_app.address)).await;
    for user in ["alice", "bob"] {
        app.register(&format!("conn-{user}"), user).await;
    }
    app
}

#[tokio::test]
async fn a_stored_transaction_is_sent_in_the_core_apps_own_form() {
    let core_app = CoreAppDouble::start().await;
    let app = start(&core_app).await;
    let mut basiq = Basiq::default();
    basiq.deliver(&app, &basiq_body("conn-alice", "t1", "-50.10")).await;
    basiq.deliver(&app, &basiq_body("conn-alice", "t1", "-50.20")).await;
    let taken = core_app.taken(2).await;
    assert_eq!((taken[0].user_id.as_str(), taken[0].key.as_str()), ("alice", "basiq:t1"));
    assert_eq!(taken[1].key, "basiq:t1:2");
    assert!(taken[0].body.contains(r#""amount":50.10,"#), "{}", taken[0].body);
    let body: Value = serde_json::from_str(&taken[0].body).unwrap();
    assert_eq!(
        (&body["type"], &body["currency"], &body["primaryType"]),
        (&json!("debit"), &json!("AUD"), &json!("expense"))
    );
}

#[tokio::test]
async fn an_outage_keeps_each_users_order_and_delays_no_webhook() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = closed.local_addr().unwrap();
    drop(closed);
    let app = TestApp::with(forwarding(&format!("http://{address}"))).await;
    for user in ["alice", "bob"] {
        app.register(&format!("conn-{user}"), user).await;
    }
    let mut basiq = Basiq::default();
    for index in 0..20 {
        for user in ["alice", "bob"] {
            basiq.deliver(&app, &basiq_body(&format!("conn-{user}"), &format!("t{index}"), "-1")).await;
        }
    }
    let core_app = CoreAppDouble::on(TcpListener::bind(address).await.unwrap());
    let taken = core_app.taken(40).await;
    for user in ["alice", "bob"] {
        let keys: Vec<_> = taken.iter().filter(|call| call.user_id == user).map(|call| call.key.clone()).collect();
        let expected: Vec<_> = (0..20).map(|index| format!("basiq:t{index}")).collect();
        assert_eq!(keys, expected, "{user}");
    }
}

#[tokio::test]
async fn what_waits_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = closed.local_addr().unwrap();
    drop(closed);
    let mut settings = forwarding(&format!("http://{address}"));
    settings.database = folder.path().join("t.db").into();
    let app = TestApp::with(settings.clone()).await;
    app.register("conn-alice", "alice").await;
    Basiq::default().deliver(&app, &basiq_body("conn-alice", "t1", "-1")).await;
    drop(app);
    let core_app = CoreAppDouble::on(TcpListener::bind(address).await.unwrap());
    let _again = TestApp::with(settings).await;
    assert_eq!(core_app.taken(1).await[0].key, "basiq:t1");
}

#[tokio::test]
async fn a_passing_failure_is_tried_again_and_what_follows_waits_for_it() {
    let core_app = CoreAppDouble::start().await;
    core_app.answer("t1", &[500, 503, 429, 408]);
    let app = start(&core_app).await;
    let mut basiq = Basiq::default();
    basiq.deliver(&app, &basiq_body("conn-alice", "t1", "-1")).await;
    basiq.deliver(&app, &basiq_body("conn-alice", "t2", "-1")).await;
    let keys: Vec<_> = core_app.taken(2).await.into_iter().map(|call| call.key).collect();
    assert_eq!(keys, ["basiq:t1", "basiq:t2"]);
}

#[tokio::test]
async fn a_refusal_is_a_dead_letter_that_can_be_revived_and_what_follows_goes_on() {
    let core_app = CoreAppDouble::start().await;
    core_app.answer("t1", &[422]);
    let app = start(&core_app).await;
    let mut basiq = Basiq::default();
    basiq.deliver(&app, &basiq_body("conn-alice", "t1", "-1")).await;
    basiq.deliver(&app, &basiq_body("conn-alice", "t2", "-1")).await;
    assert_eq!(core_app.taken(1).await[0].key, "basiq:t2");
    let dead = app.state.store.dead_letters(10).await.unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!((dead[0].idempotency_key.as_str(), dead[0].reason.as_str()), ("basiq:t1", "the core app answered 422"));
    let became = app.state.store.revive(None, app.now()).await.unwrap();
    assert_eq!(became, Revived { revived: 1, outdated: 0 });
    // The next commit wakes the outbox worker.
    basiq.deliver(&app, &basiq_body("conn-bob", "t3", "-1")).await;
    let keys: Vec<_> = core_app.taken(3).await.into_iter().map(|call| call.key).collect();
    assert!(keys.contains(&"basiq:t1".to_owned()), "{keys:?}");
}

#[tokio::test]
async fn what_a_newer_revision_has_replaced_is_not_sent_after_it() {
    let core_app = CoreAppDouble::start().await;
    core_app.answer("t1", &[422, 201, 422]);
    core_app.answer("t2", &[422]);
    let app = start(&core_app).await;
    let mut basiq = Basiq::default();
    // The core app refuses the first and third revisions and accepts the second; the other transaction is deleted.
    for amount in ["-1", "-2", "-3"] {
        basiq.deliver(&app, &basiq_body("conn-alice", "t1", amount)).await;
    }
    basiq.deliver(&app, &basiq_body("conn-alice", "t2", "-9")).await;
    let mut deletion = basiq_body("conn-alice", "t2", "-9");
    deletion["event"] = json!("transaction.deleted");
    basiq.deliver(&app, &deletion).await;
    while app.state.store.outbox_state().await.unwrap().dead < 3 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let became = app.state.store.revive(None, app.now()).await.unwrap();
    assert_eq!(became, Revived { revived: 1, outdated: 2 });
    app.state.forward.notify_one();
    let keys: Vec<_> = core_app.taken(3).await.into_iter().map(|call| call.key).collect();
    assert_eq!(keys, ["basiq:t1:2", "basiq:t2:2", "basiq:t1:3"]);
    assert_eq!(app.state.store.outbox_state().await.unwrap().dead, 0);
}

/// A pause that was computed while the clock was ahead ends far in the future once the clock is right again.
#[tokio::test]
async fn a_clock_that_is_set_back_keeps_nothing_from_being_sent() {
    let core_app = CoreAppDouble::start().await;
    core_app.answer("t1", &[500]);
    let app = start(&core_app).await;
    app.advance(86_400);
    let mut basiq = Basiq::default();
    basiq.deliver(&app, &basiq_body("conn-alice", "t1", "-1")).await;
    while app.state.store.next_due(app.now()).await.unwrap().is_none() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    app.advance(-86_400);
    basiq.deliver(&app, &basiq_body("conn-bob", "t2", "-1")).await;
    core_app.taken(2).await;
}

#[tokio::test]
async fn what_can_never_be_sent_is_a_dead_letter_and_holds_nothing_up() {
    let core_app = CoreAppDouble::start().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.db");
    let mut settings = forwarding(&core_app.address);
    settings.database = path.clone().into();
    drop(TestApp::with(settings.clone()).await);
    // A transaction that no release of this server can read.
    let database = rusqlite::Connection::open(&path).unwrap();
    database
        .execute_batch(
            "INSERT INTO outbox (user_id, idempotency_key, body, created_at) VALUES ('alice', 'basiq:t0', '{}', 0);
             INSERT INTO outbox_users (user_id, attempts, next_at) VALUES ('alice', 0, 0);",
        )
        .unwrap();
    let app = TestApp::with(settings).await;
    app.register("conn-alice", "alice").await;
    Basiq::default().deliver(&app, &basiq_body("conn-alice", "t1", "-1")).await;
    assert_eq!(core_app.taken(1).await[0].key, "basiq:t1");
    let dead = app.state.store.dead_letters(10).await.unwrap();
    assert!(dead.len() == 1 && dead[0].reason.starts_with("it cannot be read"), "{dead:?}");
}

#[tokio::test]
async fn what_holds_a_queue_up_is_seen_and_can_be_set_aside() {
    let core_app = CoreAppDouble::start().await;
    core_app.answer("t1", &[500; 1000]);
    let app = start(&core_app).await;
    let mut basiq = Basiq::default();
    for id in ["t1", "t2"] {
        basiq.deliver(&app, &basiq_body("conn-alice", id, "-1")).await;
    }
    let stuck = loop {
        // Another user's calls succeed, so that the breaker does not take the core app for down.
        basiq.deliver(&app, &basiq_body("conn-bob", &format!("b{}", core_app.calls()), "-1")).await;
        match app.state.store.stuck_queues(3, 10).await.unwrap().pop() {
            Some(stuck) => break stuck,
            None => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    };
    assert_eq!((stuck.user_id.as_str(), stuck.waiting, stuck.idempotency_key.as_str()), ("alice", 2, "basiq:t1"));
    assert_eq!(stuck.reason, "the core app answered 500");
    assert_eq!(app.state.store.set_aside("alice".into(), app.now()).await.unwrap().as_deref(), Some("basiq:t1"));
    app.state.breaker.lock().close();
    app.state.forward.notify_one();
    while !core_app.taken(0).await.iter().any(|call| call.key == "basiq:t2") {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(app.state.store.set_aside("nobody".into(), app.now()).await.unwrap(), None);
}

#[tokio::test]
async fn a_long_queue_keeps_nobody_else_from_having_a_turn() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = closed.local_addr().unwrap();
    drop(closed);
    let app = TestApp::with(forwarding(&format!("http://{address}"))).await;
    // More users with long queues than get a turn at once; the last user's queue is short.
    let mut basiq = Basiq::default();
    for user in 0..70 {
        app.register(&format!("conn-{user}"), &format!("user-{user:02}")).await;
        for index in 0..if user < 69 { 55 } else { 1 } {
            basiq.deliver(&app, &basiq_body(&format!("conn-{user}"), &format!("u{user}-{index}"), "-1")).await;
        }
    }
    let core_app = CoreAppDouble::on(TcpListener::bind(address).await.unwrap());
    app.state.store.hurry().await.unwrap();
    app.state.breaker.lock().close();
    app.state.forward.notify_one();
    let all = core_app.taken(69 * 55 + 1).await;
    let place = all.iter().position(|call| call.user_id == "user-69").unwrap();
    assert!(place < all.len() - 69 * 4, "the short queue was the {place}th to be sent");
}

#[tokio::test]
async fn a_refused_secret_stops_the_sending_and_loses_nothing() {
    let core_app = CoreAppDouble::start().await;
    core_app.answer("t1", &[401, 401, 401, 401]);
    let app = start(&core_app).await;
    let mut basiq = Basiq::default();
    basiq.deliver(&app, &basiq_body("conn-alice", "t1", "-1")).await;
    while core_app.calls() == 0 {
        tokio::task::yield_now().await;
    }
    for index in 2..10 {
        basiq.deliver(&app, &basiq_body("conn-bob", &format!("t{index}"), "-1")).await;
    }
    assert_eq!(core_app.calls(), 1);
    let state = app.state.store.outbox_state().await.unwrap();
    assert_eq!((state.waiting, state.dead), (9, 0));
}

#[tokio::test]
async fn one_server_can_be_the_core_app_of_another() {
    let second = TestApp::start().await;
    let first = TestApp::with(forwarding(&second.address)).await;
    first.register("conn-alice", "alice").await;
    let mut socket = second.signed_in("alice").await;
    let mut basiq = Basiq::default();
    basiq.deliver(&first, &basiq_body("conn-alice", "t1", "-50.10")).await;
    basiq.deliver(&first, &basiq_body("conn-alice", "t1", "-50.20")).await;
    socket.expect("connection:updated").await;
    let new = socket.packet().await.unwrap();
    assert!(new.starts_with(r#"42["transaction:new""#) && new.contains(r#""amount":-50.10,"#), "{new}");
    let updated = socket.packet().await.unwrap();
    assert!(updated.starts_with(r#"42["transaction:updated""#) && updated.contains(r#""amount":-50.20,"#), "{updated}");
}

/// A transaction's id is unique only within its account.
#[tokio::test]
async fn in_a_chain_the_same_id_of_two_connections_is_two_transactions() {
    let third = TestApp::start().await;
    let second = TestApp::with(forwarding(&third.address)).await;
    let first = TestApp::with(forwarding(&second.address)).await;
    let mut socket = third.signed_in("alice").await;
    let mut basiq = Basiq::default();
    for (connection, amount) in [("conn-1", "-1"), ("conn-2", "-2")] {
        first.register(connection, "alice").await;
        basiq.deliver(&first, &basiq_body(connection, "t1", amount)).await;
    }
    let mut amounts = vec![];
    while amounts.len() < 2 {
        let (name, told) = socket.event().await;
        if name == "transaction:new" {
            amounts.push(told["transaction"]["amount"].to_string());
        }
    }
    assert_eq!(amounts, ["-1", "-2"]);
}

async fn push(app: &TestApp, key: &str, body: Value) -> reqwest::Response {
    push_to("alice", app, key, body).await
}

async fn push_to(user_id: &str, app: &TestApp, key: &str, body: Value) -> reqwest::Response {
    let request = app.request(Method::POST, "/api/bank/transactions").header("x-service-secret", SERVICE_SECRET);
    request.header("x-user-id", user_id).header("idempotency-key", key).json(&body).send().await.unwrap()
}

#[tokio::test]
async fn what_is_pushed_to_users_of_any_names_never_meets() {
    let app = TestApp::start().await;
    let body = |connection: Option<&str>| {
        json!({
            "transactionId": "p1", "description": "Lunch", "amount": 1, "date": "2026-11-20T08:30:00Z",
            "connectionId": connection,
        })
    };
    let long = "x".repeat(480);
    for (user_id, connection, account) in [
        ("alice", Some("x"), "a"),
        ("alice:x", None, "a"),
        ("alice:x", Some("y"), "a"),
        ("alice", Some("x:y"), "a"),
        ("alice", Some("x"), "y:a"),
        ("bob", Some(&long), "a"),
    ] {
        let mut body = body(connection);
        body["accountId"] = json!(account);
        let pushed = push_to(user_id, &app, "k", body).await;
        assert_eq!(pushed.status(), 201, "{user_id} {connection:?} {account}");
        let pushed: Value = pushed.json().await.unwrap();
        assert_eq!(pushed["transaction"]["userId"], json!(user_id));
    }
}

#[tokio::test]
async fn what_is_pushed_is_refused_with_what_is_wrong_and_never_with_a_fault() {
    let app = TestApp::start().await;
    let good = json!({ "transactionId": "p1", "description": "Lunch", "amount": 1, "date": "2026-11-20T08:30:00Z" });
    for (field, value) in [
        ("transactionId", json!("a\nb")),
        ("transactionId", json!(" a")),
        ("accountId", json!("")),
        ("connectionId", json!("x".repeat(501))),
        ("date", json!("9999-12-31T23:59:59Z")),
        ("date", json!("0000-01-01T00:00:00+10:00")),
        ("date", json!("soon")),
        ("description", json!("x".repeat(1001))),
        ("merchant", json!("x".repeat(201))),
        ("metadata", json!([1])),
        ("metadata", json!({ "a": "x".repeat(9000) })),
        ("amount", json!("1e400")),
    ] {
        let mut body = good.clone();
        body[field] = value;
        assert_eq!(code(push(&app, "k", body).await).await, (400, "BAD_REQUEST".to_owned()), "{field}");
    }
    let mut huge = good.clone();
    huge["description"] = json!("x".repeat(300_000));
    assert_eq!(code(push(&app, "k", huge).await).await, (413, "PAYLOAD_TOO_LARGE".to_owned()));
    // An empty key counts as none: then the body distinguishes calls.
    for id in ["p1", "p2"] {
        let mut body = good.clone();
        body["transactionId"] = json!(id);
        assert_eq!(push(&app, "", body).await.status(), 201, "{id}");
    }
    let elsewhere = app.request(Method::PUT, "/api/connectors/basiq/connections/conn-1");
    let odd = elsewhere.header("x-service-secret", SERVICE_SECRET).json(&json!({ "userId": "alice " }));
    assert_eq!(code(odd.send().await.unwrap()).await, (400, "BAD_REQUEST".to_owned()));
}

#[tokio::test]
async fn anything_with_the_service_secret_can_push_once() {
    let app = TestApp::start().await;
    let body = json!({
        "transactionId": "p1", "description": "Card 4111 1111 1111 1111", "amount": 12.5, "type": "debit",
        "date": "2026-11-20T08:30:00+10:00", "currency": "EUR",
    });
    let first = push(&app, "k1", body.clone()).await;
    assert_eq!(first.status(), 201);
    let answer: Value = first.json().await.unwrap();
    assert_eq!(answer["transaction"]["amount"], json!(-12.5));
    assert_eq!(answer["transaction"]["date"], json!("2026-11-19T22:30:00Z"));
    assert!(!answer["transaction"]["description"].as_str().unwrap().contains("4111"));
    assert_eq!(push(&app, "k1", body).await.status(), 200);
    assert_eq!(code(push(&app, "k2", json!({ "amount": 1 })).await).await, (400, "BAD_REQUEST".to_owned()));
    let unsigned = app.request(Method::POST, "/api/bank/transactions").header("x-user-id", "alice").json(&json!({}));
    assert_eq!(code(unsigned.send().await.unwrap()).await, (401, "UNAUTHORIZED".to_owned()));
}
