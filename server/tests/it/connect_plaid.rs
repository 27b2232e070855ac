//! Connecting a bank with Plaid.

use std::time::Duration;

use jiff::Timestamp;
use provider_sim::Clock;
use provider_sim::plaid::{Plaid, PlaidOptions};
use reqwest::Method;
use serde_json::{Value, json};
use server::config::Config;

use crate::support::{Person, TestApp, code, config};

const LINK_TOKEN: &str = "/api/connectors/plaid/link-token";
const BANK: (&str, &str) = ("institution", "ins_109508");

struct Setting {
    plaid: Plaid,
    app: TestApp,
}

impl Setting {
    async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let options = PlaidOptions {
            update_duration: Duration::from_millis(200),
            ..PlaidOptions::new(Clock::starting_at(Timestamp::now()))
        };
        let plaid = Plaid::start(options).await.unwrap();
        let mut settings = config();
        let (id, secret) = plaid.client();
        settings.connectors.set("PLAID_CLIENT_ID", [id]);
        settings.connectors.set("PLAID_SECRET", [secret]);
        settings.connectors.set("PLAID_API_URL", [plaid.url()]);
        settings.sync.credential_keys = vec![[7; 32]];
        settings.sync.every = Some(Duration::from_millis(500));
        change(&mut settings);
        Self { plaid, app: TestApp::with(settings).await }
    }

    async fn start() -> Self {
        Self::with(|_| {}).await
    }

    fn alice(&self) -> Person<'_> {
        Person::of(&self.app, "alice")
    }

    async fn connected(&self) -> Value {
        let page = self.alice().begin(LINK_TOKEN, None).await;
        let back = self.alice().press(&page, BANK).await;
        assert_eq!(self.alice().come_back(&back).await, "/connections?connected=plaid");
        self.alice().until("plaid", "active").await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bank_that_is_connected_in_hosted_link_brings_its_transactions() {
    let setting = Setting::start().await;
    let connection = setting.connected().await;
    assert_eq!(connection["institutionName"], json!("First Platypus Bank"));
    assert!(!connection.to_string().contains("access-sandbox"), "{connection}");
    setting.alice().until_stored(66).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_who_leaves_link_has_no_connection() {
    let setting = Setting::start().await;
    let page = setting.alice().begin(LINK_TOKEN, None).await;
    let back = setting.alice().press(&page, ("leave", "yes")).await;
    assert_eq!(setting.alice().come_back(&back).await, "/connections?problem=refused");
    assert!(setting.alice().connections("plaid").await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_plaids_script_gave_to_the_page_is_exchanged_once() {
    let setting = Setting::start().await;
    let began: Value = setting.alice().ask(LINK_TOKEN, None).await.json().await.unwrap();
    let public_token = setting.plaid.complete_link(began["linkToken"].as_str().unwrap()).unwrap();
    let exchange = "/api/connectors/plaid/exchange";
    let body = || Some(json!({ "publicToken": public_token }));
    let answer = setting.alice().ask(exchange, body()).await;
    assert_eq!(answer.status(), 200);
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["connection"]["status"], json!("active"));
    assert!(!answer.to_string().contains("access-sandbox"), "{answer}");
    setting.alice().until_stored(66).await;
    assert_eq!(code(setting.alice().ask(exchange, body()).await).await, (409, "CONFLICT".to_owned()));
    let empty = setting.alice().ask(exchange, Some(json!({ "publicToken": "" }))).await;
    assert_eq!(code(empty).await, (400, "BAD_REQUEST".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn update_mode_repairs_the_item_and_keeps_its_history() {
    let setting = Setting::start().await;
    let connection = setting.connected().await;
    let id = connection["connectionId"].as_str().unwrap();
    let before = setting.alice().until_stored(66).await;
    setting.plaid.require_login(id).unwrap();
    setting.alice().until("plaid", "invalid").await;

    let again = Some(json!({ "connectionId": id }));
    let left = setting.alice().begin(LINK_TOKEN, again.clone()).await;
    let back = setting.alice().press(&left, ("leave", "yes")).await;
    assert_eq!(setting.alice().come_back(&back).await, "/connections?problem=refused");

    let page = setting.alice().begin(LINK_TOKEN, again).await;
    let back = setting.alice().press(&page, BANK).await;
    assert_eq!(setting.alice().come_back(&back).await, "/connections?connected=plaid");
    let repaired = setting.alice().until("plaid", "active").await;
    assert_eq!(repaired["connectionId"], json!(id));
    assert_eq!(setting.alice().until_stored(66).await.len(), before.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_bank_is_connected_without_a_key_for_its_credentials() {
    let setting = Setting::with(|config| config.sync.credential_keys = vec![]).await;
    let status = setting.app.get("alice", "/api/connectors/plaid/status").await;
    assert_eq!(status["connector"].get("connectPath"), None, "{status}");
    let refused = setting.alice().ask(LINK_TOKEN, None).await;
    assert_eq!(code(refused).await, (503, "NOT_CONFIGURED".to_owned()));
    let exchange = setting.alice().ask("/api/connectors/plaid/exchange", Some(json!({ "publicToken": "p" }))).await;
    assert_eq!(code(exchange).await, (503, "NOT_CONFIGURED".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removal_is_told_to_plaid() {
    let setting = Setting::start().await;
    let connection = setting.connected().await;
    let id = connection["connectionId"].as_str().unwrap();
    let path = format!("/api/connectors/plaid/connections/{id}?provider=true");
    let request = setting.app.request(Method::DELETE, &path).bearer_auth(setting.app.token("alice", 60));
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(answer, json!({ "success": true, "providerRemoved": true }));
    assert!(setting.plaid.accounts(id).is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_end_of_a_consent_deletes_the_transactions_where_that_is_set() {
    for (purges, left) in [(true, 0), (false, 66)] {
        let setting = Setting::with(|config| config.sync.purge_on_revoked = purges).await;
        setting.plaid.webhooks().subscribe(format!("{}/api/connectors/plaid/webhook", setting.app.address), "");
        let connection = setting.connected().await;
        setting.alice().until_stored(66).await;
        setting.plaid.revoke_permission(connection["connectionId"].as_str().unwrap()).unwrap();
        setting.alice().until("plaid", "revoked").await;
        setting.alice().until_stored(left).await;
    }
}
