//! The faults that its owner can switch on.

use std::time::{Duration, Instant};

use provider_sim::{Fault, Rule};
use serde_json::json;

use crate::client::Fixture;

const LIST: &str = "GET /users/{userId}/transactions";

async fn with_rows(count: u32) -> Fixture {
    let sim = Fixture::new().await;
    let account = &sim.connection.accounts[0];
    sim.basiq.bank(|bank, now| bank.history(account, count, Duration::from_secs(86_400), now)).unwrap();
    sim.basiq.refresh(&sim.connection.id).unwrap();
    sim
}

#[tokio::test]
async fn a_token_can_expire_in_the_middle_of_a_page_run() {
    let mut sim = with_rows(6).await;
    sim.basiq.faults().add(Rule::new(Fault::TokenExpired).on(LIST).after(1).times(1));
    let first = sim.get(&format!("{}&limit=3", sim.transactions_path(""))).await;
    let next = first.body["links"]["next"].as_str().unwrap().split_once("?next=").unwrap().1.to_owned();
    let path = format!("/users/{}/transactions?next={next}", sim.user);
    assert_eq!(sim.get(&path).await.status, 403);
    assert_eq!(sim.get(&format!("/users/{}", sim.user)).await.status, 403);
    sim.renew_token().await;
    assert_eq!(sim.get(&path).await.body["data"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn too_many_requests_say_when_to_come_back() {
    let sim = with_rows(1).await;
    let retry_after = Some(Duration::from_millis(1_500));
    sim.basiq.faults().add(Rule::new(Fault::TooManyRequests { retry_after }).for_scope(&sim.connection.id).times(1));
    let refused = sim.get(&sim.transactions_path("")).await;
    assert_eq!((refused.status, refused.retry_after.as_deref()), (429, Some("2")));
    assert_eq!(refused.body["data"][0]["code"], json!("too-many-requests"));
    assert_eq!(sim.get(&sim.transactions_path("")).await.status, 200);
    let count = sim.basiq.calls().get(LIST, &sim.connection.id);
    assert_eq!((count.calls, count.failed, count.over_budget), (2, 1, 0));
}

#[tokio::test]
async fn a_server_error_has_the_providers_shape() {
    let sim = with_rows(1).await;
    sim.basiq.faults().add(Rule::new(Fault::Status(503)));
    let refused = sim.get(&sim.transactions_path("")).await;
    assert_eq!((refused.status, &refused.body["data"][0]["code"]), (503, &json!("service-unavailable")));
    sim.basiq.faults().clear();
    assert_eq!(sim.get(&sim.transactions_path("")).await.status, 200);
}

#[tokio::test]
async fn a_hanging_call_is_never_answered_and_others_are() {
    let sim = with_rows(1).await;
    sim.basiq.faults().add(Rule::new(Fault::Hang).on(LIST));
    let path = sim.transactions_path("");
    let hanging = tokio::time::timeout(Duration::from_millis(300), sim.get(&path)).await;
    assert!(hanging.is_err());
    assert_eq!(sim.get(&format!("/users/{}/accounts", sim.user)).await.status, 200);
}

#[tokio::test]
async fn a_slow_answer_is_the_right_one_later() {
    let sim = with_rows(1).await;
    sim.basiq.faults().add(Rule::new(Fault::Slow(Duration::from_millis(200))).on(LIST));
    let began = Instant::now();
    assert_eq!(sim.get(&sim.transactions_path("")).await.body["count"], json!(1));
    assert!(began.elapsed() >= Duration::from_millis(200));
}

#[tokio::test]
async fn malformed_json_is_a_whole_answer_that_no_parser_takes() {
    let sim = with_rows(3).await;
    sim.basiq.faults().add(Rule::new(Fault::MalformedJson).on(LIST));
    let url = format!("{}{}", sim.basiq.url(), sim.transactions_path(""));
    let response = sim.http.get(url).bearer_auth(&sim.token).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let text = response.text().await.unwrap();
    assert!(serde_json::from_str::<serde_json::Value>(&text).is_err());
}

#[tokio::test]
async fn a_truncated_body_ends_with_a_broken_connection() {
    let sim = with_rows(3).await;
    sim.basiq.faults().add(Rule::new(Fault::Truncated).on(LIST));
    let url = format!("{}{}", sim.basiq.url(), sim.transactions_path(""));
    let response = sim.http.get(url).bearer_auth(&sim.token).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.text().await.is_err());
}

#[tokio::test]
async fn calls_that_run_at_the_same_time_are_counted() {
    let sim = with_rows(1).await;
    sim.basiq.faults().add(Rule::new(Fault::Slow(Duration::from_millis(200))).on(LIST));
    let path = sim.transactions_path("");
    tokio::join!(sim.get(&path), sim.get(&path));
    sim.get(&path).await;
    let count = sim.basiq.calls().get(LIST, &sim.connection.id);
    assert_eq!((count.calls, count.most_at_once), (3, 2));
}
