//! Syncs with Apideck: three lists, single records, and records that are no longer listed.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use provider_sim::apideck::{Apideck, ApideckOptions, NewRecord, Record, RecordKind, RecordStatus};
use provider_sim::bank::Cents;
use provider_sim::{Clock, Fault, Rule};
use reqwest::Method;
use serde_json::json;

use crate::support::{SERVICE_SECRET, TestApp, config};
use crate::sync::{events_of_run, names};

/// A simulated Apideck with one connection, and a server that syncs it.
struct Setting {
    apideck: Apideck,
    connection: String,
    app: TestApp,
}

impl Setting {
    /// Starts with `history` records.
    async fn start(history: u32) -> Self {
        let apideck = Apideck::start(ApideckOptions::new(Clock::starting_at(Timestamp::now()))).await.unwrap();
        let connection = apideck.connect("consumer-1", "xero").unwrap();
        apideck.history(&connection, history, Duration::from_secs(30 * 86_400)).unwrap();
        let (key, app_id) = apideck.application();
        let mut settings = config();
        settings.connectors.set("APIDECK_API_KEY", [key]);
        settings.connectors.set("APIDECK_WEBHOOK_SECRET", [key]);
        settings.connectors.set("APIDECK_APP_ID", [app_id]);
        settings.connectors.set("APIDECK_API_URL", [apideck.url()]);
        let app = TestApp::with(settings).await;
        apideck.webhooks().subscribe(format!("{}/api/connectors/apideck/webhook", app.address), key);
        Self { apideck, connection, app }
    }

    async fn register(&self) {
        let path = format!("/api/connectors/apideck/connections/{}", self.connection);
        let request = self.app.request(Method::PUT, &path).header("x-service-secret", SERVICE_SECRET);
        let body = json!({ "userId": "alice", "externalUserId": "consumer-1" });
        assert_eq!(request.json(&body).send().await.unwrap().status(), 201);
    }

    fn enter(&self, record: NewRecord) -> Record {
        self.apideck.enter(&self.connection, record).unwrap()
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

    async fn stored(&self) -> BTreeMap<String, usize> {
        let page = self.app.get("alice", "/api/transactions?limit=500").await;
        let mut stored = BTreeMap::new();
        for transaction in page["transactions"].as_array().unwrap() {
            *stored.entry(format!("{:.2}", transaction["amount"].as_f64().unwrap())).or_default() += 1;
        }
        stored
    }

    /// The amounts of the records that count.
    fn told(&self) -> BTreeMap<String, usize> {
        let mut told = BTreeMap::new();
        for record in self.apideck.records(&self.connection).unwrap() {
            if record.status == RecordStatus::Posted {
                *told.entry(format!("{:.2}", record.effect().0 as f64 / 100.0)).or_default() += 1;
            }
        }
        told
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_run_lists_everything_and_a_notification_asks_for_its_record_and_its_account() {
    let setting = Setting::start(260).await;
    let mut socket = setting.app.signed_in("alice").await;
    setting.register().await;
    let first = events_of_run(&mut socket).await;
    let total: usize = setting.told().values().sum();
    assert_eq!(first.last().unwrap().1["stats"], json!({ "totalTransactions": total, "newTransactions": total }));
    setting.until_equal().await;

    setting.apideck.calls().reset();
    let expense = setting.enter(NewRecord::new(RecordKind::Expense, Cents(4_200), "Ferry Co", "Ferry"));
    let events = events_of_run(&mut socket).await;
    assert_eq!(names(&events), ["transaction:new", "sync:complete"], "{events:#?}");
    assert_eq!(events[0].1["transaction"]["amount"], json!(-42.0));
    // One call for the record, and one for the balance of its account.
    assert_eq!(setting.apideck.calls().total(), 2, "{:?}", setting.apideck.calls().all());

    setting.apideck.change(&setting.connection, &expense.id, |record| record.cents = Cents(4_350)).unwrap();
    let events = events_of_run(&mut socket).await;
    assert_eq!(names(&events), ["transaction:updated", "sync:complete"], "{events:#?}");
    setting.until_equal().await;
    assert_eq!(setting.apideck.calls().over_budget(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_voided_or_deleted_goes_and_a_draft_is_not_told() {
    let setting = Setting::start(20).await;
    let mut socket = setting.app.signed_in("alice").await;
    setting.register().await;
    events_of_run(&mut socket).await;
    let mut entered = vec![];
    for (kind, cents) in [(RecordKind::Payment, 1_111), (RecordKind::BillPayment, 2_222), (RecordKind::Expense, 3_333)]
    {
        entered.push(setting.enter(NewRecord::new(kind, Cents(cents), "Harbour Pty", "Invoice 7")));
        assert_eq!(names(&events_of_run(&mut socket).await), ["transaction:new", "sync:complete"], "{kind:?}");
    }
    setting.apideck.void(&setting.connection, &entered[0].id).unwrap();
    let events = events_of_run(&mut socket).await;
    assert_eq!(names(&events), ["transaction:deleted", "sync:complete"], "{events:#?}");
    // Only the complete lists show which record is gone.
    setting.apideck.delete(&setting.connection, &entered[1].id).unwrap();
    let events = events_of_run(&mut socket).await;
    assert_eq!(names(&events), ["transaction:deleted", "sync:complete"], "{events:#?}");
    setting.enter(NewRecord::new(RecordKind::Expense, Cents(9_999), "Maybe", "Not yet").draft());
    assert_eq!(names(&events_of_run(&mut socket).await), ["sync:complete"]);
    setting.until_equal().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_of_records_is_asked_for_within_the_budget_of_the_application_behind() {
    let setting = Setting::start(5).await;
    setting.register().await;
    setting.until_equal().await;
    setting.apideck.calls().reset();
    let some = "GET /accounting/expenses/{id}";
    setting.apideck.faults().add(Rule::new(Fault::Slow(Duration::from_millis(50))).on(some));
    // The application accepts 60 calls a minute, so that balances have to wait.
    for number in 0..45 {
        setting.enter(NewRecord::new(RecordKind::Expense, Cents(1_000 + number), "Shop", "Burst"));
    }
    setting.until_equal().await;
    let calls = setting.apideck.calls();
    assert_eq!(calls.over_budget(), 0, "{:?}", calls.all());
    assert!(calls.total() <= 60, "{:?}", calls.all());
}
