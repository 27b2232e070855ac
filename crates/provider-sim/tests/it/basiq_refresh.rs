//! The effects of a refresh on Basiq's rows, and its budget.

use std::collections::BTreeSet;
use std::time::Duration;

use provider_sim::bank::{Cents, Posting, Purchase};
use provider_sim::basiq::Refreshed;
use serde_json::json;

use crate::client::{Fixture, eventually};

const HOUR: Duration = Duration::from_secs(3600);

fn coffee(sim: &Fixture) -> provider_sim::bank::PaymentId {
    let account = &sim.connection.accounts[0];
    sim.basiq.bank(|bank, now| bank.purchase(account, Purchase::new(Cents(-450), "SINGLE O", now))).unwrap()
}

fn ids(sim: &Fixture) -> BTreeSet<String> {
    sim.basiq.transactions(&sim.connection.id).into_iter().map(|row| row.id).collect()
}

#[tokio::test]
async fn a_purchase_is_there_after_the_next_refresh() {
    let sim = Fixture::new().await;
    coffee(&sim);
    assert!(ids(&sim).is_empty());
    let refreshed = sim.basiq.refresh(&sim.connection.id).unwrap();
    assert_eq!(refreshed, Refreshed { posted: 0, pending: 1, deleted: 0 });
    assert_eq!(ids(&sim).len(), 1);
}

#[tokio::test]
async fn a_refresh_gives_pending_rows_new_ids_and_leaves_posted_ones_alone() {
    let sim = Fixture::new().await;
    let purchase = coffee(&sim);
    sim.basiq.refresh(&sim.connection.id).unwrap();
    let pending = ids(&sim);
    sim.basiq.refresh(&sim.connection.id).unwrap();
    let pending_again = ids(&sim);
    assert!(pending.is_disjoint(&pending_again));

    let posting = |now| Posting { cents: Some(Cents(-500)), ..Posting::unchanged(now) };
    sim.basiq.bank(|bank, now| bank.post(purchase, posting(now))).unwrap();
    let refreshed = sim.basiq.refresh(&sim.connection.id).unwrap();
    assert_eq!(refreshed, Refreshed { posted: 1, pending: 0, deleted: 1 });
    let posted = ids(&sim);
    assert!(posted.is_disjoint(&pending_again));
    assert_eq!(sim.basiq.transactions(&sim.connection.id)[0].payment_id, purchase);

    assert_eq!(sim.basiq.refresh(&sim.connection.id).unwrap(), Refreshed::default());
    assert_eq!(ids(&sim), posted);
}

#[tokio::test]
async fn a_pending_row_that_vanishes_at_the_bank_is_gone_after_the_next_refresh() {
    let sim = Fixture::new().await;
    let purchase = coffee(&sim);
    sim.basiq.refresh(&sim.connection.id).unwrap();
    sim.basiq.bank(|bank, _| bank.vanish(purchase)).unwrap();
    assert_eq!(ids(&sim).len(), 1);
    sim.basiq.refresh(&sim.connection.id).unwrap();
    assert!(ids(&sim).is_empty());
}

#[tokio::test]
async fn a_refresh_over_http_is_a_job_whose_end_brings_the_data() {
    let sim = Fixture::new().await;
    coffee(&sim);
    let path = format!("/users/{}/connections/{}/refresh", sim.user, sim.connection.id);
    let started = sim.post(&path, &json!({})).await;
    assert_eq!(started.status, 202);
    let job = format!("/jobs/{}", started.body["id"].as_str().unwrap());
    let statuses = async || {
        let body = sim.get(&job).await.body;
        body["steps"]
            .as_array()
            .unwrap()
            .iter()
            .map(|step| step["status"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(statuses().await, ["in-progress", "pending", "pending"]);
    assert!(ids(&sim).is_empty());
    sim.clock.advance(Duration::from_secs(2));
    eventually("the data", async || !ids(&sim).is_empty()).await;
    assert_eq!(statuses().await, ["success", "success", "success"]);
    assert_eq!(ids(&sim).len(), 1);
}

#[tokio::test]
async fn a_connection_is_refreshed_twenty_times_a_day_at_most() {
    let sim = Fixture::new().await;
    let path = format!("/users/{}/connections/{}/refresh", sim.user, sim.connection.id);
    for _ in 0..20 {
        assert_eq!(sim.post(&path, &json!({})).await.status, 202);
    }
    let refused = sim.post(&path, &json!({})).await;
    assert_eq!((refused.status, refused.retry_after.as_deref()), (429, Some("86400")));
    assert_eq!(sim.basiq.calls().over_budget(), 1);
}

#[tokio::test]
async fn the_budget_of_refreshes_is_free_again_after_a_day() {
    let mut sim = Fixture::with(|options| options.refreshes_a_day = 1).await;
    let path = format!("/users/{}/connections/{}/refresh", sim.user, sim.connection.id);
    assert_eq!(sim.post(&path, &json!({})).await.status, 202);
    sim.clock.advance(23 * HOUR);
    sim.renew_token().await;
    assert_eq!(sim.post(&path, &json!({})).await.retry_after.as_deref(), Some("3600"));
    sim.clock.advance(HOUR);
    sim.renew_token().await;
    assert_eq!(sim.post(&path, &json!({})).await.status, 202);
}

#[tokio::test]
async fn an_invalid_connection_keeps_its_data_and_is_not_refreshed() {
    let sim = Fixture::new().await;
    coffee(&sim);
    sim.basiq.refresh(&sim.connection.id).unwrap();
    sim.basiq.invalidate(&sim.connection.id).unwrap();
    let path = format!("/users/{}/connections/{}", sim.user, sim.connection.id);
    assert_eq!(sim.get(&path).await.body["status"], json!("invalid"));
    let refused = sim.post(&format!("{path}/refresh"), &json!({})).await;
    assert_eq!((refused.status, &refused.body["data"][0]["code"]), (400, &json!("invalid-credentials")));
    assert_eq!(sim.all_ids(500).await.len(), 1);
}

#[tokio::test]
async fn an_expired_consent_makes_connections_invalid_and_keeps_them() {
    let sim = Fixture::new().await;
    sim.basiq.expire_consent(&sim.user);
    let path = format!("/users/{}/connections", sim.user);
    let invalid = sim.get(&format!("{path}?filter=status.eq(%27invalid%27)")).await;
    assert_eq!(invalid.body["data"][0]["id"], json!(sim.connection.id));
    assert_eq!(sim.get(&format!("{path}?filter=status.eq(%27active%27)")).await.body["data"], json!([]));
    assert_eq!(sim.get(&format!("{path}?filter=colour.eq(%27red%27)")).await.status, 400);
}

#[tokio::test]
async fn a_revoked_consent_takes_connections_and_transactions_with_it() {
    let sim = Fixture::new().await;
    coffee(&sim);
    sim.basiq.refresh(&sim.connection.id).unwrap();
    sim.basiq.revoke_consent(&sim.user);
    let path = format!("/users/{}/connections/{}", sim.user, sim.connection.id);
    assert_eq!(sim.get(&path).await.status, 404);
    assert!(sim.all_ids(500).await.is_empty());
    let events = sim.get(&format!("/events?filter=user.id.eq(%27{}%27)", sim.user)).await.body;
    let names: Vec<_> = events["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| format!("{}.{}", event["entity"].as_str().unwrap(), event["eventType"].as_str().unwrap()))
        .collect();
    assert_eq!(names[..2], ["connection.deleted", "consent.revoked"]);
}
