//! Apideck's webhooks: events, signatures, attempts.

use std::time::Duration;

use aws_lc_rs::hmac;
use provider_sim::apideck::{NewRecord, RecordKind};
use provider_sim::bank::Cents;
use serde_json::{Value, json};

use crate::apideck_client::Fixture;
use crate::client::eventually;
use crate::receiver::{Delivery, Receiver};

async fn subscribed(answers: &[u16]) -> (Fixture, Receiver) {
    let (sim, receiver) = (Fixture::new().await, Receiver::start(answers).await);
    let (api_key, _) = sim.apideck.application();
    sim.apideck.webhooks().subscribe(&receiver.url, api_key);
    (sim, receiver)
}

/// The HMAC of compact JSON with its keys sorted, as `BTreeMap` keeps them.
fn signature(sim: &Fixture, delivery: &Delivery) -> String {
    fn sort(value: Value) -> Value {
        match value {
            Value::Object(members) => {
                let sorted: std::collections::BTreeMap<_, _> =
                    members.into_iter().map(|(name, value)| (name, sort(value))).collect();
                sorted.into_iter().collect::<serde_json::Map<_, _>>().into()
            }
            other => other,
        }
    }
    let key = hmac::Key::new(hmac::HMAC_SHA256, sim.apideck.application().0.as_bytes());
    let tag = hmac::sign(&key, sort(delivery.json()).to_string().as_bytes());
    tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn expense() -> NewRecord {
    NewRecord::new(RecordKind::Expense, Cents(4_210), "DigitalOcean", "Cloud hosting")
}

#[tokio::test]
async fn a_change_of_a_record_is_told_without_the_record() {
    let (sim, receiver) = subscribed(&[]).await;
    let record = sim.apideck.enter(&sim.connection, expense()).unwrap();
    let delivery = receiver.wait_for(1).await.remove(0);
    assert_eq!(delivery.header("x-apideck-signature"), signature(&sim, &delivery));
    assert_eq!(delivery.header("x-apideck-event-type"), "accounting.expense.created");
    let payload = &delivery.json()["payload"];
    assert_eq!((&payload["service_id"], &payload["consumer_id"]), (&json!("xero"), &json!("consumer-1")));
    assert_eq!((&payload["entity_type"], &payload["entity_id"]), (&json!("expense"), &json!(record.id)));
    assert_eq!(payload["entity_url"], json!(format!("https://unify.apideck.com/accounting/expenses/{}", record.id)));
    assert!(payload.get("entity").is_none());
    sim.apideck.delete(&sim.connection, &record.id).unwrap();
    let deleted = receiver.wait_for(2).await.remove(1);
    assert_eq!(deleted.json()["payload"]["event_type"], json!("accounting.expense.deleted"));
}

#[tokio::test]
async fn a_connections_event_carries_the_connection() {
    let (sim, receiver) = subscribed(&[]).await;
    sim.apideck.revoke(&sim.connection).unwrap();
    let payload = receiver.wait_for(1).await[0].json()["payload"].clone();
    assert_eq!(
        (&payload["event_type"], &payload["service_id"]),
        (&json!("vault.connection.revoked"), &json!("apideck-vault"))
    );
    assert_eq!((&payload["entity"]["id"], &payload["entity"]["state"]), (&json!("xero+consumer-1"), &json!("invalid")));
}

#[tokio::test]
async fn an_attempt_counts_itself_in_the_body_and_is_signed_anew() {
    let (sim, receiver) = subscribed(&[503]).await;
    sim.apideck.enter(&sim.connection, expense()).unwrap();
    eventually("an attempt", async || !sim.apideck.webhooks().attempts().is_empty()).await;
    sim.clock.advance(Duration::from_secs(180));
    let deliveries = receiver.wait_for(2).await;
    let member = |index: usize, name: &str| deliveries[index].json()["payload"][name].clone();
    assert_eq!((member(0, "execution_attempt"), member(1, "execution_attempt")), (json!(1), json!(2)));
    assert_eq!(member(0, "event_id"), member(1, "event_id"));
    assert_eq!(deliveries[1].header("x-apideck-signature"), signature(&sim, &deliveries[1]));
}
