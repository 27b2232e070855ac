//! Syncs with Plaid: changes from cursor to cursor.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use provider_sim::bank::{AccountKind, Cents, NewAccount, PaymentId, Posting, Purchase};
use provider_sim::plaid::{LinkedItem, Plaid, PlaidOptions};
use provider_sim::{Clock, Fault, Rule};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{SERVICE_SECRET, TestApp, config};
use crate::sync::{events_of_run, names};

const SYNC: &str = "POST /transactions/sync";

/// A simulated Plaid with one item, and a server that syncs it.
struct Setting {
    plaid: Plaid,
    item: LinkedItem,
    app: TestApp,
}

impl Setting {
    /// Starts with `history` posted transactions, which Plaid has read from the bank.
    async fn start(history: u32) -> Self {
        let plaid = Plaid::start(PlaidOptions::new(Clock::starting_at(Timestamp::now()))).await.unwrap();
        let checking = NewAccount::new("Checking", AccountKind::Transaction, Cents(100_000));
        let item = plaid.connect("alice", vec![checking]);
        let month = Duration::from_secs(30 * 86_400);
        plaid.bank(|bank, now| bank.history(&item.accounts[0], history, month, now)).unwrap();
        plaid.update(&item.item_id).unwrap();
        let app = TestApp::with(asking(&plaid)).await;
        plaid.webhooks().subscribe(format!("{}/api/connectors/plaid/webhook", app.address), "");
        Self { plaid, item, app }
    }

    async fn register(&self) {
        let path = format!("/api/connectors/plaid/connections/{}", self.item.item_id);
        let request = self.app.request(Method::PUT, &path).header("x-service-secret", SERVICE_SECRET);
        let body = json!({ "userId": "alice", "credentials": { "accessToken": self.item.access_token } });
        assert_eq!(request.json(&body).send().await.unwrap().status(), 201);
    }

    fn purchase(&self, cents: i64, text: &str) -> PaymentId {
        let account = &self.item.accounts[0];
        self.plaid.bank(|bank, now| bank.purchase(account, Purchase::new(Cents(cents), text, now))).unwrap()
    }

    fn update(&self) {
        self.plaid.update(&self.item.item_id).unwrap();
    }

    async fn until_equal(&self) {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let (stored, told) = (self.stored().await, self.told());
            if stored == told {
                return;
            }
            assert!(Instant::now() < deadline, "stored {stored:#?}\ntold {told:#?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// How often each amount and status is stored.
    async fn stored(&self) -> BTreeMap<(String, String), usize> {
        let (mut stored, mut before) = (BTreeMap::new(), String::new());
        loop {
            let page = self.app.get("alice", &format!("/api/transactions?limit=500{before}")).await;
            for transaction in page["transactions"].as_array().unwrap() {
                let amount = format!("{:.2}", transaction["amount"].as_f64().unwrap());
                let status = transaction["status"].as_str().unwrap_or_default().to_owned();
                *stored.entry((amount, status)).or_default() += 1;
            }
            let Some(next) = page["nextCursor"].as_str() else { return stored };
            before = format!("&before={next}");
        }
    }

    /// How often each amount and status occurs at Plaid.
    fn told(&self) -> BTreeMap<(String, String), usize> {
        let mut told = BTreeMap::new();
        for row in self.plaid.transactions(&self.item.item_id) {
            let status = if row.payment.is_pending() { "pending" } else { "posted" };
            let amount = format!("{:.2}", row.payment.cents.0 as f64 / 100.0);
            *told.entry((amount, status.to_owned())).or_default() += 1;
        }
        told
    }
}

/// The settings of a server that syncs with this Plaid.
pub(crate) fn asking(plaid: &Plaid) -> server::config::Config {
    let (client_id, secret) = plaid.client();
    let mut settings = config();
    settings.connectors.set("PLAID_CLIENT_ID", [client_id]);
    settings.connectors.set("PLAID_SECRET", [secret]);
    settings.connectors.set("PLAID_API_URL", [plaid.url()]);
    settings.sync.credential_keys = vec![[7; 32]];
    settings
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_run_brings_the_history_and_each_notification_what_changed_since() {
    let setting = Setting::start(700).await;
    let mut socket = setting.app.signed_in("alice").await;
    setting.register().await;
    let first = events_of_run(&mut socket).await;
    let stats = &first.last().unwrap().1["stats"];
    assert_eq!(stats, &json!({ "totalTransactions": 700, "newTransactions": 700 }));
    setting.until_equal().await;

    setting.plaid.calls().reset();
    setting.purchase(-1250, "GELATO");
    setting.update();
    let events = events_of_run(&mut socket).await;
    assert_eq!(names(&events), ["transaction:new", "sync:complete"], "{events:#?}");
    assert_eq!(events[0].1["transaction"]["amount"], json!(-12.5), "Plaid's positive is money out");
    setting.until_equal().await;
    assert_eq!(setting.plaid.calls().of(SYNC), 1, "only what changed is asked for");
    assert_eq!(setting.plaid.calls().over_budget(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_posted_transaction_is_the_pending_one_that_plaid_names_and_keeps_its_id() {
    let setting = Setting::start(5).await;
    let mut socket = setting.app.signed_in("alice").await;
    setting.register().await;
    events_of_run(&mut socket).await;
    let coffee = setting.purchase(-450, "COFFEE");
    let hold = setting.purchase(-10_000, "HOTEL HOLD");
    setting.update();
    let events = events_of_run(&mut socket).await;
    assert_eq!(names(&events), ["transaction:new", "transaction:new", "sync:complete"], "{events:#?}");
    let is_coffee = |event: &&(String, Value)| event.1["transaction"]["amount"] == json!(-4.5);
    let pending = events.iter().find(is_coffee).unwrap().1["transaction"].clone();
    assert_eq!(pending["status"], json!("pending"));

    // Everything has changed except the id that Plaid names.
    let now = Timestamp::now();
    let posting = Posting {
        cents: Some(Cents(-525)),
        description: Some("COFFEE & CO".to_owned()),
        made_at: Some(now - jiff::SignedDuration::from_hours(30)),
        ..Posting::unchanged(now)
    };
    setting.plaid.bank(|bank, _| bank.post(coffee, posting)).unwrap();
    setting.plaid.bank(|bank, _| bank.vanish(hold)).unwrap();
    setting.update();
    let mut events = events_of_run(&mut socket).await;
    events.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(names(&events), ["sync:complete", "transaction:deleted", "transaction:updated"], "{events:#?}");
    let posted = &events[2].1["transaction"];
    assert_eq!(posted["transactionId"], pending["transactionId"]);
    assert_ne!(posted["providerTransactionId"], Value::Null);
    assert_eq!((&posted["status"], &posted["amount"]), (&json!("posted"), &json!(-5.25)));
    assert_eq!(events[0].1["stats"], json!({ "totalTransactions": 6, "newTransactions": 0 }));
    setting.until_equal().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_whose_data_changes_between_two_pages_begins_again_and_announces_nothing_twice() {
    let setting = Setting::start(1_200).await;
    setting.plaid.faults().add(Rule::new(Fault::Slow(Duration::from_millis(400))).on(SYNC));
    let mut socket = setting.app.signed_in("alice").await;
    setting.register().await;
    let deadline = Instant::now() + Duration::from_secs(10);
    while setting.stored().await.is_empty() {
        assert!(Instant::now() < deadline, "no page came");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    setting.purchase(-777, "IN BETWEEN");
    setting.update();
    let mut announced = std::collections::BTreeSet::new();
    let mut runs = 0;
    while announced.len() < 1_201 || runs == 0 {
        for (name, payload) in events_of_run(&mut socket).await {
            let id = payload["transaction"]["transactionId"].as_str().map(str::to_owned);
            match name.as_str() {
                "transaction:new" => assert!(announced.insert(id.unwrap()), "{payload}"),
                "sync:complete" => runs += 1,
                other => panic!("{other} {payload}"),
            }
        }
    }
    setting.until_equal().await;
    assert!(setting.plaid.calls().get(SYNC, &setting.item.item_id).failed >= 1, "Plaid has said that the data changed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_who_has_to_sign_in_again_is_told_and_is_asked_for_again_after_that() {
    let setting = Setting::start(5).await;
    setting.register().await;
    setting.until_equal().await;
    let mut socket = setting.app.signed_in("alice").await;
    setting.plaid.require_login(&setting.item.item_id).unwrap();
    loop {
        let (name, payload) = socket.event().await;
        if name == "connection:updated" {
            assert_eq!(payload["status"], json!("invalid"));
            break;
        }
    }
    setting.purchase(-450, "COFFEE");
    setting.plaid.repair(&setting.item.item_id).unwrap();
    setting.update();
    setting.until_equal().await;
}
