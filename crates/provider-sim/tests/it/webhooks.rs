//! Basiq's webhooks, and the owner's control over sending them.

use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use provider_sim::Outcome;
use provider_sim::bank::{Cents, Purchase};

use crate::client::{Fixture, eventually};
use crate::receiver::{Delivery, Receiver};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

async fn subscribed(answers: &[u16]) -> (Fixture, Receiver) {
    let (sim, receiver) = (Fixture::new().await, Receiver::start(answers).await);
    sim.basiq.webhooks().subscribe(&receiver.url, SECRET);
    (sim, receiver)
}

/// A purchase and a refresh: one webhook.
fn purchase(sim: &Fixture, text: &str) {
    let account = &sim.connection.accounts[0];
    sim.basiq.bank(|bank, now| bank.purchase(account, Purchase::new(Cents(-450), text, now))).unwrap();
    sim.basiq.refresh(&sim.connection.id).unwrap();
}

fn signature(delivery: &Delivery) -> String {
    let key = STANDARD.decode(SECRET.strip_prefix("whsec_").unwrap()).unwrap();
    let mut signed =
        format!("{}.{}.", delivery.header("webhook-id"), delivery.header("webhook-timestamp")).into_bytes();
    signed.extend_from_slice(&delivery.body);
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), &signed);
    format!("v1,{}", STANDARD.encode(tag))
}

/// Moves the clock forward after this many attempts.
async fn advance_after(sim: &Fixture, attempts: usize, seconds: u64) {
    wait_for_attempts(sim, attempts).await;
    sim.clock.advance(Duration::from_secs(seconds));
}

async fn wait_for_attempts(sim: &Fixture, count: usize) {
    eventually(&format!("{count} attempts"), async || sim.basiq.webhooks().attempts().len() >= count).await;
}

#[tokio::test]
async fn a_refresh_sends_a_signed_notification_that_names_the_connection_in_a_link() {
    let (sim, receiver) = subscribed(&[]).await;
    purchase(&sim, "SINGLE O");
    let delivery = receiver.wait_for(1).await.remove(0);
    assert_eq!(delivery.header("webhook-signature"), signature(&delivery));
    let body = delivery.json();
    assert_eq!(body["eventTypeId"], "transactions.updated");
    let link = format!(
        "https://au-api.basiq.io/users/{}/transactions?filter=connection.id.eq('{}')",
        sim.user, sim.connection.id
    );
    assert_eq!(body["links"]["eventEntity"], link);
    assert!(body.get("data").is_none());
    let event = sim.get(&format!("/events/{}", body["eventId"].as_str().unwrap())).await;
    assert_eq!((event.status, &event.body["entity"]), (200, &serde_json::json!("transactions")));
}

#[tokio::test]
async fn a_refresh_that_finds_nothing_new_sends_nothing() {
    let (sim, receiver) = subscribed(&[]).await;
    let account = &sim.connection.accounts[0];
    sim.basiq.bank(|bank, now| bank.history(account, 2, Duration::from_secs(86_400), now)).unwrap();
    for _ in 0..3 {
        sim.basiq.refresh(&sim.connection.id).unwrap();
    }
    receiver.wait_for(1).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(receiver.deliveries().len(), 1);
}

#[tokio::test]
async fn a_refused_message_is_sent_again_with_the_same_id_after_5_seconds_and_5_minutes() {
    let (sim, receiver) = subscribed(&[500, 503]).await;
    purchase(&sim, "SINGLE O");
    advance_after(&sim, 1, 4).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(receiver.deliveries().len(), 1);
    advance_after(&sim, 1, 1).await;
    advance_after(&sim, 2, 300).await;
    wait_for_attempts(&sim, 3).await;
    let deliveries = receiver.deliveries();
    let ids: Vec<_> = deliveries.iter().map(|delivery| delivery.header("webhook-id")).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(deliveries[0].body, deliveries[2].body);
    let attempts = sim.basiq.webhooks().attempts();
    let outcomes: Vec<_> = attempts.iter().map(|attempt| attempt.outcome.clone()).collect();
    assert_eq!(outcomes, [500, 503, 200].map(Outcome::Answered));
    assert_eq!(sim.basiq.webhooks().delivered(), 1);
}

#[tokio::test]
async fn after_eight_attempts_a_message_and_the_subscription_are_given_up() {
    let (sim, receiver) = subscribed(&[500; 9]).await;
    purchase(&sim, "SINGLE O");
    for (count, pause) in [5, 300, 1_800, 7_200, 18_000, 36_000, 36_000].into_iter().enumerate() {
        advance_after(&sim, count + 1, pause).await;
    }
    advance_after(&sim, 8, 1_000_000).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(receiver.deliveries().len(), 8);
    assert_eq!(sim.basiq.webhooks().given_up(), 1);
    assert!(!sim.basiq.webhooks().is_subscribed());
}

#[tokio::test]
async fn a_receiver_that_cannot_be_reached_is_a_failed_attempt() {
    let sim = Fixture::new().await;
    sim.basiq.webhooks().subscribe("http://127.0.0.1:9/webhook", SECRET);
    purchase(&sim, "SINGLE O");
    wait_for_attempts(&sim, 1).await;
    let attempt = sim.basiq.webhooks().attempts().remove(0);
    assert!(matches!(attempt.outcome, Outcome::Failed(_)), "{attempt:?}");
}

#[tokio::test]
async fn copies_have_the_same_id_and_each_a_valid_signature() {
    let (sim, receiver) = subscribed(&[]).await;
    sim.basiq.webhooks().set_copies(2);
    purchase(&sim, "SINGLE O");
    let deliveries = receiver.wait_for(3).await;
    for delivery in &deliveries {
        assert_eq!(delivery.header("webhook-id"), deliveries[0].header("webhook-id"));
        assert_eq!(delivery.header("webhook-signature"), signature(delivery));
    }
}

#[tokio::test]
async fn what_is_held_back_can_be_sent_late_and_in_another_order() {
    let (sim, receiver) = subscribed(&[]).await;
    sim.basiq.webhooks().hold();
    purchase(&sim, "SINGLE O");
    purchase(&sim, "COLES 0423");
    let held = sim.basiq.webhooks().take_held();
    assert_eq!(held.len(), 2);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(receiver.deliveries().is_empty());
    sim.basiq.webhooks().send(&held[1]);
    receiver.wait_for(1).await;
    sim.basiq.webhooks().send(&held[0]);
    let deliveries = receiver.wait_for(2).await;
    let ids: Vec<_> = deliveries.iter().map(|delivery| delivery.header("webhook-id")).collect();
    assert_eq!(ids, [held[1].id.as_str(), held[0].id.as_str()]);
}

#[tokio::test]
async fn released_messages_are_sent_and_later_ones_are_no_longer_held() {
    let (sim, receiver) = subscribed(&[]).await;
    sim.basiq.webhooks().hold();
    purchase(&sim, "SINGLE O");
    sim.basiq.webhooks().release();
    receiver.wait_for(1).await;
    purchase(&sim, "COLES 0423");
    receiver.wait_for(2).await;
    assert!(sim.basiq.webhooks().take_held().is_empty());
}
