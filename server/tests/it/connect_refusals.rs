//! Connecting a bank: refusals without a key or a user, and the limit on attempts.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use server::store::Budget;

use crate::connect_basiq::Setting;
use crate::support::{Person, TestApp, code};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bank_cannot_be_connected_without_the_providers_key() {
    let app = TestApp::start().await;
    for (connector, call) in [("basiq", "consent"), ("apideck", "session"), ("plaid", "link-token")] {
        let status = app.get("alice", &format!("/api/connectors/{connector}/status")).await;
        assert_eq!(status["connector"].get("connectPath"), None, "{status}");
        let refused = Person::of(&app, "alice").ask(&format!("/api/connectors/{connector}/{call}"), None).await;
        assert_eq!(code(refused).await, (503, "NOT_CONFIGURED".to_owned()), "{connector}");
    }
    let unknown = Person::of(&app, "alice").ask("/api/connectors/stripe/consent", None).await;
    assert_eq!(unknown.status(), 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bank_is_connected_by_a_user_alone() {
    let setting = Setting::with(Duration::ZERO, |_| {}).await;
    let path = "/api/connectors/basiq/consent";
    let nobody = setting.app.request(Method::POST, path).send().await.unwrap();
    assert_eq!(code(nobody).await, (401, "UNAUTHORIZED".to_owned()));
    let bad = Person::of(&setting.app, "alice").ask(path, Some(json!({ "connectionId": "" }))).await;
    assert_eq!(code(bad).await, (400, "BAD_REQUEST".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_who_begins_too_often_is_told_when_to_come_back() {
    let setting = Setting::with(Duration::ZERO, |_| {}).await;
    let path = "/api/connectors/basiq/consent";
    let alice = Person::of(&setting.app, "alice");
    for _ in 0..10 {
        alice.begin(path, None).await;
    }
    let refused = alice.ask(path, None).await;
    assert!(refused.headers().contains_key("retry-after"));
    assert_eq!(code(refused).await, (429, "RATE_LIMITED".to_owned()));
    Person::of(&setting.app, "bob").begin(path, None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_brings_what_the_bank_has_and_its_budget_is_kept() {
    let setting = Setting::with(Duration::ZERO, |_| {}).await;
    let alice = Person::of(&setting.app, "alice");
    let page = alice.begin("/api/connectors/basiq/consent", None).await;
    let back = alice.press(&page, ("institutionId", "AU00000")).await;
    alice.come_back(&back).await;
    let connection = alice.until("basiq", "active").await;
    alice.until_stored(66).await;
    let id = connection["connectionId"].as_str().unwrap();
    let account = setting.basiq.accounts(id).unwrap()[0].0.id.clone();
    let bought = provider_sim::bank::Purchase::new;
    setting
        .basiq
        .bank(|bank, now| bank.purchase(&account, bought(provider_sim::bank::Cents(-450), "SINGLE O", now)))
        .unwrap();

    let path = format!("/api/connectors/basiq/connections/{id}/sync?refresh=true");
    let refresh = || setting.app.request(Method::POST, &path).bearer_auth(setting.app.token("alice", 60)).send();
    assert_eq!(refresh().await.unwrap().status(), 202);
    alice.until_stored(67).await;

    for _ in 1..20 {
        let budget = Budget { times: 20, within: Duration::from_secs(86_400) };
        let taken = setting.app.state.store.take_refresh("basiq".to_owned(), id.to_owned(), budget, setting.app.now());
        assert_eq!(taken.await.unwrap(), None);
    }
    setting.basiq.calls().reset();
    let refused = refresh().await.unwrap();
    let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((86_300..=86_400).contains(&wait), "{wait}");
    assert_eq!(code(refused).await, (429, "RATE_LIMITED".to_owned()));
    assert_eq!(setting.basiq.calls().of("POST /users/{userId}/connections/{connectionId}/refresh"), 0);
    setting.app.advance(86_401);
    assert_eq!(refresh().await.unwrap().status(), 202);
}
