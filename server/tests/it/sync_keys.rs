//! Verification keys for webhooks that are fetched from the provider.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use provider_sim::bank::{AccountKind, Cents, NewAccount};
use provider_sim::plaid::{LinkedItem, Plaid, PlaidOptions};
use provider_sim::{Clock, Fault, Message, Outcome, Rule};
use serde_json::json;

use crate::support::TestApp;
use crate::sync_plaid::asking;

const KEY: &str = "POST /webhook_verification_key/get";

async fn plaid(seed: u64) -> (Plaid, LinkedItem) {
    let options = PlaidOptions { seed, ..PlaidOptions::new(Clock::starting_at(Timestamp::now())) };
    let plaid = Plaid::start(options).await.unwrap();
    let item = plaid.connect("alice", vec![NewAccount::new("Checking", AccountKind::Transaction, Cents(0))]);
    (plaid, item)
}

/// Sends a notification, and waits for the answer to its first attempt.
async fn send(plaid: &Plaid, app: &TestApp, item: &LinkedItem) -> Outcome {
    let before = plaid.webhooks().attempts().len();
    plaid.webhooks().subscribe(format!("{}/api/connectors/plaid/webhook", app.address), "");
    let body =
        json!({ "webhook_type": "TRANSACTIONS", "webhook_code": "SYNC_UPDATES_AVAILABLE", "item_id": item.item_id });
    let event = "SYNC_UPDATES_AVAILABLE".to_owned();
    plaid.webhooks().send(&Message { id: format!("message-{before}"), event, body: body.to_string() });
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        if let Some(attempt) = plaid.webhooks().attempts().get(before) {
            return attempt.outcome.clone();
        }
        assert!(Instant::now() < deadline, "no attempt was made");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_published_key_is_fetched_once_and_kept_over_a_restart() {
    let (plaid, item) = plaid(1).await;
    let folder = tempfile::tempdir().unwrap();
    let settings = || {
        let mut settings = asking(&plaid);
        settings.database = folder.path().join("t.db").into();
        settings
    };
    let mut app = TestApp::with(settings()).await;
    for _ in 0..3 {
        assert_eq!(send(&plaid, &app, &item).await, Outcome::Answered(200));
    }
    assert_eq!(plaid.calls().of(KEY), 1);
    app.stop().await.unwrap();
    drop(app);
    plaid.faults().add(Rule::new(Fault::Status(503)).on(KEY));
    let app = TestApp::with(settings()).await;
    assert_eq!(send(&plaid, &app, &item).await, Outcome::Answered(200));
    assert_eq!(plaid.calls().of(KEY), 1);
    // The unknown key cannot be fetched now, so Plaid sends again.
    plaid.rotate_key().unwrap();
    assert_eq!(send(&plaid, &app, &item).await, Outcome::Answered(503));
    plaid.faults().clear();
    assert_eq!(send(&plaid, &app, &item).await, Outcome::Answered(200));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_waits_two_seconds_for_a_key_and_is_answered_503_then() {
    let (plaid, item) = plaid(1).await;
    plaid.faults().add(Rule::new(Fault::Hang).on(KEY));
    let app = TestApp::with(asking(&plaid)).await;
    let began = Instant::now();
    assert_eq!(send(&plaid, &app, &item).await, Outcome::Answered(503));
    assert!((1_900..5_000).contains(&began.elapsed().as_millis()), "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signature_under_a_key_that_its_provider_does_not_publish_is_refused() {
    let (plaid, item) = plaid(1).await;
    let (stranger, _) = self::plaid(2).await;
    let app = TestApp::with(asking(&plaid)).await;
    assert_eq!(send(&stranger, &app, &item).await, Outcome::Answered(401));
    assert_eq!(plaid.calls().of(KEY), 1);
    assert_eq!(stranger.calls().of(KEY), 0);
    assert_eq!(send(&plaid, &app, &item).await, Outcome::Answered(200));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_who_name_many_keys_have_their_provider_asked_for_a_few() {
    let (plaid, item) = plaid(1).await;
    let (stranger, _) = self::plaid(2).await;
    let app = TestApp::with(asking(&plaid)).await;
    assert_eq!(send(&plaid, &app, &item).await, Outcome::Answered(200));
    let mut outcomes = vec![];
    for _ in 0..40 {
        stranger.rotate_key().unwrap();
        outcomes.push(send(&stranger, &app, &item).await);
    }
    assert!(plaid.calls().of(KEY) <= 32, "{} keys were asked for", plaid.calls().of(KEY));
    assert_eq!(outcomes.first(), Some(&Outcome::Answered(401)));
    assert_eq!(outcomes.last(), Some(&Outcome::Answered(503)), "{outcomes:?}");
    assert_eq!(send(&plaid, &app, &item).await, Outcome::Answered(200), "a known key needs nobody");
}
