//! Syncs: from a notification to an event.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use provider_sim::bank::{AccountKind, Cents, Connection, NewAccount, PaymentId, Posting, Purchase};
use provider_sim::basiq::{Basiq, BasiqOptions};
use provider_sim::{Clock, Fault, Outcome, Rule};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{BASIQ_SECRET, SERVICE_SECRET, Socket, TestApp, config};

/// A simulated Basiq with one connection, and a server that syncs it.
pub(crate) struct Setting {
    pub(crate) basiq: Basiq,
    pub(crate) user: String,
    pub(crate) connection: Connection,
    pub(crate) app: TestApp,
}

impl Setting {
    /// Starts with `history` posted transactions.
    pub(crate) async fn with(history: u32, change: impl FnOnce(&mut server::config::Config)) -> Self {
        let basiq = Basiq::start(BasiqOptions::new(Clock::starting_at(Timestamp::now()))).await.unwrap();
        let user = basiq.add_user("gavin@example.com");
        let everyday = NewAccount::new("Everyday", AccountKind::Transaction, Cents(100_000));
        let connection = basiq.connect(&user, vec![everyday]).unwrap();
        let account = connection.accounts[0].clone();
        basiq.bank(|bank, now| bank.history(&account, history, Duration::from_secs(86_400), now)).unwrap();
        basiq.refresh(&connection.id).unwrap();
        let mut settings = config();
        settings.connectors.set("BASIQ_API_KEY", [basiq.api_key()]);
        settings.connectors.set("BASIQ_API_URL", [basiq.url()]);
        change(&mut settings);
        let app = TestApp::with(settings).await;
        basiq.webhooks().subscribe(format!("{}/api/connectors/basiq/webhook", app.address), BASIQ_SECRET);
        Self { basiq, user, connection, app }
    }

    pub(crate) async fn start(history: u32) -> Self {
        Self::with(history, |_| {}).await
    }

    pub(crate) async fn register(&self) {
        let path = format!("/api/connectors/basiq/connections/{}", self.connection.id);
        let request = self.app.request(Method::PUT, &path).header("x-service-secret", SERVICE_SECRET);
        let body = json!({ "userId": "alice", "externalUserId": self.user });
        assert_eq!(request.json(&body).send().await.unwrap().status(), 201);
    }

    pub(crate) fn purchase(&self, cents: i64, text: &str) -> PaymentId {
        let account = &self.connection.accounts[0];
        self.basiq.bank(|bank, now| bank.purchase(account, Purchase::new(Cents(cents), text, now))).unwrap()
    }

    pub(crate) fn refresh(&self) {
        self.basiq.refresh(&self.connection.id).unwrap();
    }

    /// All of the user's stored transactions.
    async fn stored(&self) -> Vec<Value> {
        let mut all = vec![];
        let mut before = String::new();
        loop {
            let page = self.app.get("alice", &format!("/api/transactions?limit=200{before}")).await;
            all.extend(page["transactions"].as_array().unwrap().iter().cloned());
            let Some(next) = page["nextCursor"].as_str() else { return all };
            before = format!("&before={next}");
        }
    }

    /// Waits until the store equals Basiq.
    async fn until_equal(&self) {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let (stored, told) = (shown(&self.stored().await), self.told());
            if stored == told {
                return;
            }
            assert!(Instant::now() < deadline, "stored {stored:#?}\ntold {told:#?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Basiq's transactions: how often each amount, text and status occurs.
    fn told(&self) -> BTreeMap<(String, String, String), usize> {
        let mut told = BTreeMap::new();
        for row in self.basiq.transactions(&self.connection.id) {
            let status = if row.payment.is_pending() { "pending" } else { "posted" };
            let amount = row.payment.cents.0 as f64 / 100.0;
            *told.entry((format!("{amount:.2}"), row.payment.description.clone(), status.to_owned())).or_default() += 1;
        }
        told
    }
}

/// How often each amount, text and status occurs in a list.
fn shown(transactions: &[Value]) -> BTreeMap<(String, String, String), usize> {
    let mut shown = BTreeMap::new();
    for transaction in transactions {
        let amount = format!("{:.2}", transaction["amount"].as_f64().unwrap());
        let text = |name: &str| transaction[name].as_str().unwrap_or_default().to_owned();
        *shown.entry((amount, text("description"), text("status"))).or_default() += 1;
    }
    shown
}

/// The events up to the end of a run, without balances and the connection's status.
pub(crate) async fn events_of_run(socket: &mut Socket) -> Vec<(String, Value)> {
    let mut events = vec![];
    loop {
        let (name, payload) = socket.event().await;
        match name.as_str() {
            "balance:updated" | "connection:updated" => {}
            "sync:complete" => {
                events.push((name, payload));
                return events;
            }
            _ => events.push((name, payload)),
        }
    }
}

pub(crate) fn names(events: &[(String, Value)]) -> Vec<&str> {
    events.iter().map(|(name, _)| name.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registered_connection_is_asked_at_once_and_a_notification_brings_what_is_new() {
    let setting = Setting::start(700).await;
    let mut socket = setting.app.signed_in("alice").await;
    setting.register().await;
    let first = events_of_run(&mut socket).await;
    let stats = &first.last().unwrap().1["stats"];
    assert_eq!(stats, &json!({ "totalTransactions": 700, "newTransactions": 700 }));
    setting.until_equal().await;

    setting.purchase(-450, "SINGLE O SURRY HILLS");
    setting.refresh();
    let events = events_of_run(&mut socket).await;
    assert_eq!(names(&events), ["transaction:new", "sync:complete"], "{events:#?}");
    assert_eq!(events[0].1["transaction"]["amount"], json!(-4.5));
    assert_eq!(events[1].1["stats"], json!({ "totalTransactions": 701, "newTransactions": 1 }));
    setting.until_equal().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_notifications_at_once_lead_to_few_runs_and_each_is_answered_soon() {
    let setting = Setting::start(20).await;
    setting.register().await;
    setting.until_equal().await;
    setting.basiq.calls().reset();
    setting
        .basiq
        .faults()
        .add(Rule::new(Fault::Slow(Duration::from_millis(300))).on("GET /users/{userId}/transactions"));
    setting.basiq.webhooks().hold();
    for number in 0..50 {
        setting.purchase(-100 - number, &format!("SHOP {number}"));
        setting.refresh();
    }
    setting.basiq.webhooks().release();
    setting.until_equal().await;
    let lists = setting.basiq.calls().of("GET /users/{userId}/transactions");
    assert!(lists <= 12, "50 notifications led to {lists} calls");
    let attempts = setting.basiq.webhooks().attempts();
    assert!(attempts.len() >= 50);
    assert!(attempts.iter().all(|attempt| attempt.outcome == Outcome::Answered(200)), "{attempts:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_goes_on_over_expired_tokens_pauses_errors_and_broken_answers() {
    let lists = "GET /users/{userId}/transactions";
    for fault in [
        Fault::TokenExpired,
        Fault::TooManyRequests { retry_after: Some(Duration::from_secs(1)) },
        Fault::Status(500),
        Fault::Status(503),
        Fault::MalformedJson,
        Fault::Truncated,
    ] {
        let setting = Setting::start(1200).await;
        setting.basiq.faults().add(Rule::new(fault).on(lists).after(1).times(1));
        let mut socket = setting.app.signed_in("alice").await;
        setting.register().await;
        let events = events_of_run(&mut socket).await;
        let stats = &events.last().unwrap().1["stats"];
        assert_eq!(stats, &json!({ "totalTransactions": 1200, "newTransactions": 1200 }), "{fault:?}");
        setting.until_equal().await;
        assert_eq!(setting.basiq.calls().over_budget(), 0, "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_gets_no_webhooks_finds_what_is_new_on_its_schedule() {
    let setting = Setting::with(5, |config| config.sync.every = Some(Duration::from_millis(500))).await;
    setting.basiq.webhooks().unsubscribe();
    setting.register().await;
    setting.until_equal().await;
    setting.purchase(-1250, "GELATO MESSINA");
    setting.refresh();
    setting.until_equal().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_without_its_providers_user_says_what_is_missing() {
    let setting = Setting::start(5).await;
    let path = format!("/api/connectors/basiq/connections/{}", setting.connection.id);
    let request = setting.app.request(Method::PUT, &path).header("x-service-secret", SERVICE_SECRET);
    assert_eq!(request.json(&json!({ "userId": "alice" })).send().await.unwrap().status(), 201);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(setting.basiq.calls().total(), 0, "nothing is asked with half an address");
    // Registered again with the missing id, it is synced at once.
    let request = setting.app.request(Method::PUT, &path).header("x-service-secret", SERVICE_SECRET);
    let body = json!({ "userId": "alice", "externalUserId": setting.user });
    assert_eq!(request.json(&body).send().await.unwrap().status(), 200);
    setting.until_equal().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_is_removed_while_it_is_asked_gets_nothing_more() {
    let setting = Setting::start(1200).await;
    let slow = Rule::new(Fault::Slow(Duration::from_millis(400))).on("GET /users/{userId}/transactions");
    setting.basiq.faults().add(slow);
    setting.register().await;
    let deadline = Instant::now() + Duration::from_secs(10);
    while setting.stored().await.is_empty() {
        assert!(Instant::now() < deadline, "no page came");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let path = format!("/api/connectors/basiq/connections/{}?purge=true", setting.connection.id);
    let removal = setting.app.request(Method::DELETE, &path).header("x-service-secret", SERVICE_SECRET);
    assert_eq!(removal.send().await.unwrap().status(), 200);
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(setting.stored().await.len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_purchase_is_new_once_however_often_its_pending_row_is_made_anew_and_keeps_its_id_when_it_is_posted() {
    let setting = Setting::start(5).await;
    let mut socket = setting.app.signed_in("alice").await;
    setting.register().await;
    events_of_run(&mut socket).await;
    let coffee = setting.purchase(-450, "SINGLE O SURRY HILLS");
    setting.refresh();
    let events = events_of_run(&mut socket).await;
    assert_eq!(names(&events), ["transaction:new", "sync:complete"], "{events:#?}");
    let first = events[0].1["transaction"].clone();
    assert_eq!(first["status"], json!("pending"));

    // Basiq deletes the pending row and creates another one, without sending a webhook.
    for _ in 0..2 {
        setting.refresh();
        let events = events_of_run(&mut socket).await;
        assert_eq!(names(&events), ["sync:complete"], "{events:#?}");
    }
    setting.until_equal().await;

    let tip = Posting { cents: Some(Cents(-500)), ..setting.basiq.bank(|_, now| Posting::unchanged(now)) };
    setting.basiq.bank(|bank, _| bank.post(coffee, tip)).unwrap();
    setting.refresh();
    let events = events_of_run(&mut socket).await;
    assert_eq!(names(&events), ["transaction:updated", "sync:complete"], "{events:#?}");
    let posted = &events[0].1["transaction"];
    assert_eq!(posted["transactionId"], first["transactionId"]);
    assert_ne!(posted["providerTransactionId"], Value::Null);
    assert_eq!((&posted["status"], &posted["amount"]), (&json!("posted"), &json!(-5.0)));
    setting.until_equal().await;

    let hold = setting.purchase(-10_000, "HOTEL HOLD");
    setting.refresh();
    assert_eq!(names(&events_of_run(&mut socket).await), ["transaction:new", "sync:complete"]);
    setting.basiq.bank(|bank, _| bank.vanish(hold)).unwrap();
    setting.refresh();
    assert_eq!(names(&events_of_run(&mut socket).await), ["transaction:deleted", "sync:complete"]);
    setting.until_equal().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_equal_purchases_of_a_day_stay_two() {
    let setting = Setting::start(3).await;
    let mut socket = setting.app.signed_in("alice").await;
    setting.register().await;
    events_of_run(&mut socket).await;
    let twins = [setting.purchase(-450, "SINGLE O"), setting.purchase(-450, "SINGLE O")];
    setting.refresh();
    assert_eq!(names(&events_of_run(&mut socket).await), ["transaction:new", "transaction:new", "sync:complete"]);
    let posting = setting.basiq.bank(|_, now| Posting::unchanged(now));
    setting.basiq.bank(|bank, _| bank.post(twins[0], posting)).unwrap();
    setting.refresh();
    assert_eq!(names(&events_of_run(&mut socket).await), ["transaction:updated", "sync:complete"]);
    setting.until_equal().await;
}
