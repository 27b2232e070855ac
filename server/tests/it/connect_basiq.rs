//! Connecting a bank with Basiq.

use std::time::Duration;

use jiff::Timestamp;
use provider_sim::basiq::{Basiq, BasiqOptions};
use provider_sim::{Clock, Fault, Rule};
use reqwest::Method;
use serde_json::{Value, json};
use server::config::Config;

use crate::support::{BASIQ_SECRET, Person, SERVICE_SECRET, TestApp, code, config};

const CONSENT: &str = "/api/connectors/basiq/consent";
/// Basiq's second bank.
const HARBOUR: (&str, &str) = ("institutionId", "AU00901");
const JOB: &str = "GET /jobs/{jobId}";

/// A simulated Basiq, and a server whose users can connect a bank there.
pub(crate) struct Setting {
    pub(crate) basiq: Basiq,
    pub(crate) app: TestApp,
}

impl Setting {
    async fn start() -> Self {
        Self::with(Duration::from_secs(2), |_| {}).await
    }

    pub(crate) async fn with(job_duration: Duration, change: impl FnOnce(&mut Config)) -> Self {
        let options = BasiqOptions { job_duration, ..BasiqOptions::new(Clock::starting_at(Timestamp::now())) };
        let basiq = Basiq::start(options).await.unwrap();
        let app = Self::server(&basiq, change).await;
        Self { basiq, app }
    }

    /// A server configured for this Basiq.
    pub(crate) async fn server(basiq: &Basiq, change: impl FnOnce(&mut Config)) -> TestApp {
        let mut settings = config();
        settings.connectors.set("BASIQ_API_KEY", [basiq.api_key()]);
        settings.connectors.set("BASIQ_API_URL", [basiq.url()]);
        settings.connectors.set("BASIQ_CONSENT_URL", [basiq.url()]);
        change(&mut settings);
        let app = TestApp::with(settings).await;
        basiq.return_to(format!("{}/api/connectors/basiq/callback", app.address));
        app
    }

    fn alice(&self) -> Person<'_> {
        Person::of(&self.app, "alice")
    }

    /// Alice goes to the consent page and agrees; returns the address that Basiq redirects to.
    async fn agreed(&self) -> String {
        let page = self.alice().begin(CONSENT, None).await;
        self.alice().press(&page, HARBOUR).await
    }

    /// Connects a bank for Alice.
    async fn connected(&self) -> Value {
        let back = self.agreed().await;
        assert_eq!(self.alice().come_back(&back).await, "/connections?connected=basiq");
        self.alice().until("basiq", "active").await
    }

    async fn delete(&self, query: &str, connection: &Value) -> Value {
        let path = format!("{}{query}", path_of(connection));
        let request = self.app.request(Method::DELETE, &path).bearer_auth(self.app.token("alice", 60));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        response.json().await.unwrap()
    }
}

fn path_of(connection: &Value) -> String {
    format!("/api/connectors/basiq/connections/{}", connection["connectionId"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bank_is_pending_while_basiq_connects_it_and_then_brings_its_transactions() {
    let setting = Setting::start().await;
    let status = setting.app.get("alice", "/api/connectors/basiq/status").await;
    assert_eq!(status["connector"]["connectPath"], json!(CONSENT));
    let back = setting.agreed().await;
    assert_eq!(setting.alice().come_back(&back).await, "/connections?connected=basiq");
    let pending = setting.alice().connections("basiq").await;
    assert_eq!((pending.len(), &pending[0]["status"]), (1, &json!("pending")), "{pending:?}");
    let connection = setting.alice().until("basiq", "active").await;
    assert_eq!(connection["institutionName"], json!("Harbour Bank"));
    setting.alice().until_stored(66).await;

    // The next bank is connected to the same Basiq user.
    let back = setting.agreed().await;
    setting.alice().come_back(&back).await;
    let users: Vec<Value> =
        setting.alice().connections("basiq").await.iter().map(|it| it["externalUserId"].clone()).collect();
    assert_eq!((users.len(), users[0] == users[1], setting.basiq.users()), (2, true, 1), "{users:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_state_is_good_once_for_the_one_who_began_and_for_half_an_hour() {
    let setting = Setting::start().await;
    let back = setting.agreed().await;
    let bob = Person::of(&setting.app, "bob");
    assert_eq!(bob.come_back(&back).await, "/connections?problem=refused");
    let nobody = setting.app.client.get(&back).send().await.unwrap();
    assert_eq!(crate::support::landing(&nobody), "/connections?problem=expired");
    let through_another = back.replace("/basiq/", "/apideck/");
    assert_eq!(setting.alice().come_back(&through_another).await, "/connections?problem=expired");
    assert_eq!(setting.alice().come_back(&back).await, "/connections?connected=basiq");
    assert_eq!(setting.alice().come_back(&back).await, "/connections?problem=expired");
    assert!(bob.connections("basiq").await.is_empty());

    let wrong = format!("{}/api/connectors/basiq/callback?jobId=j&state=wrong", setting.app.address);
    assert_eq!(setting.alice().come_back(&wrong).await, "/connections?problem=expired");
    let without = format!("{}/api/connectors/basiq/callback?jobId=j", setting.app.address);
    assert_eq!(setting.alice().come_back(&without).await, "/connections?problem=expired");

    let late = setting.agreed().await;
    setting.app.advance(30 * 60);
    assert_eq!(setting.alice().come_back(&late).await, "/connections?problem=expired");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_of_another_user_is_nobodys_connection() {
    let setting = Setting::start().await;
    let of_alice = setting.agreed().await;
    let bob = Person::of(&setting.app, "bob");
    let page = bob.begin(CONSENT, None).await;
    let of_bob = bob.press(&page, HARBOUR).await;
    let part = |address: &str, name: &str| {
        let (_, rest) = address.split_once(&format!("{name}=")).unwrap();
        rest.split('&').next().unwrap().to_owned()
    };
    // Bob's state with Alice's job.
    let mixed = of_bob.replace(&part(&of_bob, "jobId"), &part(&of_alice, "jobId"));
    assert_eq!(bob.come_back(&mixed).await, "/connections?problem=failed");
    assert!(bob.connections("basiq").await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_whom_basiq_has_forgotten_is_a_new_user_there() {
    let setting = Setting::start().await;
    let store = &setting.app.state.store;
    let gone = store.keep_provider_user("basiq".to_owned(), "alice".to_owned(), "gone-1".to_owned()).await;
    assert_eq!(gone.unwrap(), "gone-1");
    let connection = setting.connected().await;
    assert_ne!(connection["externalUserId"], json!("gone-1"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_that_comes_while_a_bank_is_connected_leaves_it_pending() {
    let setting = Setting::start().await;
    let webhook = format!("{}/api/connectors/basiq/webhook", setting.app.address);
    setting.basiq.webhooks().subscribe(webhook, BASIQ_SECRET);
    let back = setting.agreed().await;
    setting.alice().come_back(&back).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(setting.alice().connections("basiq").await[0]["status"], json!("pending"));
    setting.alice().until("basiq", "active").await;
    setting.alice().until_stored(66).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_who_does_not_agree_has_no_connection() {
    let setting = Setting::start().await;
    let page = setting.alice().begin(CONSENT, None).await;
    let back = setting.alice().press(&page, ("cancel", "yes")).await;
    assert_eq!(setting.alice().come_back(&back).await, "/connections?problem=refused");
    assert!(setting.alice().connections("basiq").await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_fails_leaves_a_connection_that_is_not_valid() {
    let setting = Setting::start().await;
    setting.basiq.fail_next_consent();
    let back = setting.agreed().await;
    // The job is pending when the browser is answered, and fails after that.
    assert_eq!(setting.alice().come_back(&back).await, "/connections?connected=basiq");
    setting.alice().until("basiq", "invalid").await;
    setting.alice().until_stored(0).await;

    let quick = Setting::with(Duration::ZERO, |_| {}).await;
    quick.basiq.fail_next_consent();
    let back = quick.agreed().await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(quick.alice().come_back(&back).await, "/connections?problem=failed");
    assert!(quick.alice().connections("basiq").await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_waits_for_seconds_alone_and_the_connection_comes_once_basiq_answers() {
    let setting = Setting::start().await;
    setting.basiq.faults().add(Rule::new(Fault::Status(503)).on(JOB));
    let back = setting.agreed().await;
    let begun = std::time::Instant::now();
    assert_eq!(setting.alice().come_back(&back).await, "/connections?problem=unavailable");
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    assert!(setting.alice().connections("basiq").await.is_empty());
    setting.basiq.faults().clear();
    setting.alice().until("basiq", "active").await;
    setting.alice().until_stored(66).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attempt_that_has_come_back_goes_on_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("t.db");
    let mut setting = Setting::with(Duration::ZERO, |config| config.database = database.clone().into()).await;
    // Basiq does not name the connection before the server stops.
    setting.basiq.faults().add(Rule::new(Fault::Status(503)).on(JOB));
    let back = setting.agreed().await;
    assert_eq!(setting.alice().come_back(&back).await, "/connections?problem=unavailable");
    setting.app.stop().await.unwrap();
    setting.basiq.faults().clear();
    let app = Setting::server(&setting.basiq, |config| config.database = database.into()).await;
    Person::of(&app, "alice").until("basiq", "active").await;
    Person::of(&app, "alice").until_stored(66).await;
    let again = back.replace(&setting.app.address, &app.address);
    assert_eq!(Person::of(&app, "alice").come_back(&again).await, "/connections?problem=expired");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn authorising_again_keeps_the_connection_and_its_history() {
    let setting = Setting::start().await;
    let connection = setting.connected().await;
    let id = connection["connectionId"].as_str().unwrap();
    let before = setting.alice().until_stored(66).await;
    setting.basiq.invalidate(id).unwrap();
    let service = setting.app.request(Method::PUT, &path_of(&connection)).header("x-service-secret", SERVICE_SECRET);
    service.json(&json!({ "userId": "alice", "status": "invalid" })).send().await.unwrap();
    setting.alice().until("basiq", "invalid").await;

    let page = setting.alice().begin(CONSENT, Some(json!({ "connectionId": id }))).await;
    assert!(page.contains("action=reauthorise") && page.contains(&format!("connectionId={id}")), "{page}");
    let back = setting.alice().press(&page, ("institutionId", "AU00000")).await;
    assert_eq!(setting.alice().come_back(&back).await, "/connections?connected=basiq");
    let again = setting.alice().until("basiq", "active").await;
    assert_eq!(again["connectionId"], json!(id));
    let ids = |all: &[Value]| all.iter().map(|it| it["transactionId"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(&setting.alice().until_stored(66).await), ids(&before));

    // While the consent is valid, it is extended; no other user can do that.
    let page = setting.alice().begin(CONSENT, Some(json!({ "connectionId": id }))).await;
    assert!(page.contains("action=extend"), "{page}");
    let of_bob = Person::of(&setting.app, "bob").ask(CONSENT, Some(json!({ "connectionId": id }))).await;
    assert_eq!(code(of_bob).await, (404, "NOT_FOUND".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removal_is_told_to_basiq_and_happens_here_even_if_basiq_does_not_answer() {
    let setting = Setting::start().await;
    let connection = setting.connected().await;
    let id = connection["connectionId"].as_str().unwrap();
    assert_eq!(
        setting.delete("?provider=true&purge=true", &connection).await,
        json!({ "success": true, "providerRemoved": true })
    );
    assert!(setting.basiq.accounts(id).is_err());
    assert!(setting.alice().connections("basiq").await.is_empty());

    let connection = setting.connected().await;
    setting.basiq.faults().add(Rule::new(Fault::Status(500)).on("DELETE /users/{userId}/connections/{connectionId}"));
    assert_eq!(
        setting.delete("?provider=true", &connection).await,
        json!({ "success": true, "providerRemoved": false })
    );
    assert!(setting.alice().connections("basiq").await.is_empty());
    assert!(setting.basiq.accounts(connection["connectionId"].as_str().unwrap()).is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_is_removed_while_its_bank_is_connected_stays_removed() {
    let setting = Setting::start().await;
    let back = setting.agreed().await;
    setting.alice().come_back(&back).await;
    let pending = setting.alice().until("basiq", "pending").await;
    setting.delete("", &pending).await;
    // Basiq takes two seconds, and the server asks it for at most five.
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(setting.alice().connections("basiq").await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_end_of_a_consent_deletes_the_transactions_of_each_connection_where_that_is_set() {
    for (purges, left) in [(true, 0), (false, 132)] {
        let setting = Setting::with(Duration::from_secs(2), |config| config.sync.purge_on_revoked = purges).await;
        let webhook = format!("{}/api/connectors/basiq/webhook", setting.app.address);
        setting.basiq.webhooks().subscribe(webhook, BASIQ_SECRET);
        let removed = setting.connected().await;
        setting.alice().until_stored(66).await;
        setting.delete("", &removed).await;
        let connection = setting.connected().await;
        setting.alice().until_stored(132).await;
        setting.basiq.revoke_consent(connection["externalUserId"].as_str().unwrap());
        // Basiq deletes the connections as well, and reports that.
        setting.alice().until("basiq", "deleted").await;
        setting.alice().until_stored(left).await;
    }
}
