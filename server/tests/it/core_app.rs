//! What is sent to the core app, and what comes of its answers.

use reqwest::Method;
use serde_json::{Value, json};
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
    settings.database.path = Some(folder.path().join("t.db"));
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
    assert_eq!(app.state.store.revive(None, app.now()).await.unwrap(), 1);
    // The next commit wakes the sender.
    basiq.deliver(&app, &basiq_body("conn-bob", "t3", "-1")).await;
    let keys: Vec<_> = core_app.taken(3).await.into_iter().map(|call| call.key).collect();
    assert!(keys.contains(&"basiq:t1".to_owned()), "{keys:?}");
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

#[tokio::test]
async fn anything_with_the_service_secret_can_push_once() {
    let app = TestApp::start().await;
    let push = |key: &'static str, body: Value| {
        let request = app.request(Method::POST, "/api/bank/transactions").header("x-service-secret", SERVICE_SECRET);
        request.header("x-user-id", "alice").header("idempotency-key", key).json(&body).send()
    };
    let body = json!({
        "transactionId": "p1", "description": "Card 4111 1111 1111 1111", "amount": 12.5, "type": "debit",
        "date": "2026-11-20T08:30:00+10:00", "currency": "EUR",
    });
    let first = push("k1", body.clone()).await.unwrap();
    assert_eq!(first.status(), 201);
    let answer: Value = first.json().await.unwrap();
    assert_eq!(answer["transaction"]["amount"], json!(-12.5));
    assert_eq!(answer["transaction"]["date"], json!("2026-11-19T22:30:00.000Z"));
    assert!(!answer["transaction"]["description"].as_str().unwrap().contains("4111"));
    assert_eq!(push("k1", body).await.unwrap().status(), 200);
    assert_eq!(code(push("k2", json!({ "amount": 1 })).await.unwrap()).await, (400, "BAD_REQUEST".to_owned()));
    let unsigned = app.request(Method::POST, "/api/bank/transactions").header("x-user-id", "alice").json(&json!({}));
    assert_eq!(code(unsigned.send().await.unwrap()).await, (401, "UNAUTHORIZED".to_owned()));
}
