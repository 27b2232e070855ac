//! Connecting an accounting program with Apideck.

use jiff::Timestamp;
use provider_sim::Clock;
use provider_sim::apideck::{Apideck, ApideckOptions};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Person, TestApp, code, config};

const SESSION: &str = "/api/connectors/apideck/session";

struct Setting {
    apideck: Apideck,
    app: TestApp,
}

impl Setting {
    async fn start() -> Self {
        let apideck = Apideck::start(ApideckOptions::new(Clock::starting_at(Timestamp::now()))).await.unwrap();
        let mut settings = config();
        let (key, id) = apideck.application();
        settings.connectors.set("APIDECK_API_KEY", [key]);
        settings.connectors.set("APIDECK_APP_ID", [id]);
        settings.connectors.set("APIDECK_API_URL", [apideck.url()]);
        Self { apideck, app: TestApp::with(settings).await }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_that_is_chosen_in_vault_is_connected_and_asked() {
    let setting = Setting::start().await;
    setting.apideck.connect("alice", "quickbooks").unwrap();
    setting.apideck.history("quickbooks+alice", 12, std::time::Duration::from_secs(86_400)).unwrap();
    let alice = Person::of(&setting.app, "alice");
    let page = alice.begin(SESSION, None).await;
    let back = alice.press(&page, ("service_id", "quickbooks")).await;
    assert!(back.starts_with(&format!("{}/api/connectors/apideck/callback?state=", setting.app.address)), "{back}");
    assert_eq!(alice.come_back(&back).await, "/connections?connected=apideck");
    let connection = alice.until("apideck", "active").await;
    assert_eq!(connection["connectionId"], json!("quickbooks+alice"));
    assert_eq!(
        (&connection["externalUserId"], &connection["institutionName"]),
        (&json!("alice"), &json!("quickbooks"))
    );
    alice.until_stored(12).await;
    assert_eq!(alice.come_back(&back).await, "/connections?problem=expired");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_who_leaves_vault_without_a_program_has_no_connection() {
    let setting = Setting::start().await;
    let bob = Person::of(&setting.app, "bob");
    let page = bob.begin(SESSION, None).await;
    // Bob must not see another consumer's connection.
    setting.apideck.connect("alice", "xero").unwrap();
    let back = bob.press(&page, ("service_id", "xero")).await;
    setting.apideck.revoke("xero+bob").unwrap();
    assert_eq!(bob.come_back(&back).await, "/connections?problem=refused");
    assert!(bob.connections("apideck").await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_whose_id_is_no_header_has_a_consumer_of_another_name() {
    let setting = Setting::start().await;
    let user = Person::of(&setting.app, "zoë smith");
    let page = user.begin(SESSION, None).await;
    let back = user.press(&page, ("service_id", "xero")).await;
    assert_eq!(user.come_back(&back).await, "/connections?connected=apideck");
    let connection = user.until("apideck", "active").await;
    let consumer = connection["externalUserId"].as_str().unwrap();
    assert!(consumer.starts_with("user-") && consumer.is_ascii(), "{consumer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn vault_has_to_be_told_where_to_come_back_to() {
    let setting = Setting::start().await;
    let request = setting.app.request(Method::POST, SESSION).bearer_auth(setting.app.token("alice", 60));
    let refused = request.send().await.unwrap();
    assert_eq!(code(refused).await, (503, "NOT_CONFIGURED".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removal_is_told_to_apideck() {
    let setting = Setting::start().await;
    let alice = Person::of(&setting.app, "alice");
    let page = alice.begin(SESSION, None).await;
    let back = alice.press(&page, ("service_id", "xero")).await;
    alice.come_back(&back).await;
    let path = "/api/connectors/apideck/connections/xero+alice?provider=true";
    let request = setting.app.request(Method::DELETE, path).bearer_auth(setting.app.token("alice", 60));
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(answer, json!({ "success": true, "providerRemoved": true }));
    assert!(setting.apideck.records("xero+alice").is_err());
}
