//! The outbox worker when a call panics or hangs.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use parking_lot::Mutex;
use serde_json::json;
use server::clock;
use server::core_app::{Call, Outcome, RetryPolicy, Signals, Transport, Worker};
use server::lease::Validity;
use server::metrics::Metrics;
use server::store::sqlite::SqliteStore;
use server::store::{Outbox as _, Store};
use tokio::sync::{Notify, Semaphore};
use tokio::time::Instant;

use crate::support::{SERVICE_SECRET, TestApp, forwarding};

/// Panics, hangs or answers, by the transaction's id.
struct Fake {
    panics_once: Mutex<HashSet<&'static str>>,
    hangs: HashSet<&'static str>,
    released: Semaphore,
    calls: Mutex<Vec<String>>,
    called: Notify,
}

impl Fake {
    fn new(panics_once: &[&'static str], hangs: &[&'static str]) -> Arc<Self> {
        Arc::new(Self {
            panics_once: Mutex::new(panics_once.iter().copied().collect()),
            hangs: hangs.iter().copied().collect(),
            released: Semaphore::new(0),
            calls: Mutex::default(),
            called: Notify::new(),
        })
    }

    /// Waits for this many calls; their transaction ids.
    async fn calls(&self, count: usize) -> Vec<String> {
        loop {
            let calls = self.calls.lock().clone();
            if calls.len() >= count {
                return calls;
            }
            self.called.notified().await;
        }
    }
}

#[async_trait]
impl Transport for Fake {
    async fn send(&self, call: &Call, _: &str) -> Outcome {
        let Call::Put(transaction) = call else { panic!("{call:?}") };
        let id = transaction.transaction_id.as_str();
        self.calls.lock().push(id.to_owned());
        self.called.notify_one();
        assert!(!self.panics_once.lock().remove(id), "a call for {id} panics");
        if self.hangs.contains(id) {
            let _permit = self.released.acquire().await.unwrap();
        }
        Outcome::Delivered
    }
}

/// An outbox with these transactions, as (user, transaction).
async fn outbox(path: &Path, pending: &[(&str, &str)]) -> Arc<SqliteStore> {
    let mut settings = forwarding("http://127.0.0.1:1");
    settings.database = path.to_owned().into();
    let mut app = TestApp::with(settings).await;
    for (user_id, transaction_id) in pending {
        let body = json!({ "transactionId": transaction_id, "amount": 1 });
        let call = app.request(reqwest::Method::POST, "/api/bank/transactions").json(&body);
        let call = call.header("x-service-secret", SERVICE_SECRET).header("x-user-id", *user_id);
        assert_eq!(call.send().await.unwrap().status(), 201);
    }
    app.stop().await.unwrap();
    drop(app);
    let store = SqliteStore::open(path, Box::new(|_| {})).unwrap().forwarding(true);
    // The server's own worker may have failed to send them.
    store.hurry().await.unwrap();
    Arc::new(store)
}

fn worker(store: &Arc<SqliteStore>, fake: &Arc<Fake>, clock: clock::Clock, metrics: &Arc<Metrics>) -> Worker {
    worker_until(Instant::now() + Duration::from_secs(600), store, fake, clock, metrics)
}

/// The same with a lease that ends at an instant.
fn worker_until(
    end: Instant,
    store: &Arc<SqliteStore>,
    fake: &Arc<Fake>,
    clock: clock::Clock,
    metrics: &Arc<Metrics>,
) -> Worker {
    let retries = RetryPolicy { first_pause: Duration::from_millis(10), quick: 3 };
    let (metrics, lease) = (Arc::clone(metrics), Validity::until(end));
    let signals = Signals { wake: Arc::default(), breaker: Arc::default(), metrics, lease };
    let (store, fake) = (Arc::clone(store) as Arc<dyn Store>, Arc::clone(fake));
    Worker::new(store, fake, clock, retries, fastrand::Rng::with_seed(1), signals)
}

#[tokio::test]
async fn a_call_that_panics_is_counted_and_retried_and_the_users_queue_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let store = outbox(&folder.path().join("t.db"), &[("alice", "a1"), ("alice", "a2"), ("bob", "b1")]).await;
    let (fake, metrics) = (Fake::new(&["a1"], &[]), Arc::<Metrics>::default());
    let worker = worker(&store, &fake, clock::system(), &metrics);
    tokio::select! {
        () = worker.run() => {}
        mut calls = async { tokio::time::timeout(Duration::from_secs(20), fake.calls(4)).await.expect("the queue goes on") } => {
            calls.retain(|id| id.starts_with('a'));
            assert_eq!(calls, ["a1", "a1", "a2"]);
        }
    }
    let text = metrics.encode().unwrap();
    assert!(text.contains(r#"tallywire_task_panics_total{task="outbox_turn"} 1"#), "{text}");
}

#[tokio::test]
async fn while_a_call_hangs_the_store_is_not_polled_and_other_users_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let store = outbox(&folder.path().join("t.db"), &[("alice", "a1"), ("alice", "a2"), ("bob", "b1")]).await;
    let (fake, metrics) = (Fake::new(&[], &["a1"]), Arc::<Metrics>::default());
    // Each read of the outbox asks for the time.
    let looks = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&looks);
    let clock: clock::Clock = Arc::new(move || {
        counted.fetch_add(1, Ordering::SeqCst);
        Timestamp::now()
    });
    let worker = worker(&store, &fake, clock, &metrics);
    let test = async {
        fake.calls(2).await;
        while store.outbox_state().await.unwrap().waiting > 2 {
            tokio::task::yield_now().await;
        }
        looks.store(0, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(400)).await;
        let looks = looks.load(Ordering::SeqCst);
        assert!(looks <= 4, "the worker looked at the clock {looks} times in 400 ms");
        fake.released.add_permits(1);
        assert_eq!(fake.calls(3).await.last().unwrap(), "a2");
    };
    tokio::select! {
        () = worker.run() => {}
        done = tokio::time::timeout(Duration::from_secs(20), test) => done.expect("the queue goes on"),
    }
}

#[tokio::test]
async fn a_node_whose_lease_has_lapsed_in_the_middle_of_a_turn_makes_no_further_call() {
    let folder = tempfile::tempdir().unwrap();
    let store = outbox(&folder.path().join("t.db"), &[("alice", "a1"), ("alice", "a2")]).await;
    let (fake, metrics) = (Fake::new(&[], &["a1"]), Arc::<Metrics>::default());
    let end = Instant::now() + Duration::from_millis(500);
    let worker = worker_until(end, &store, &fake, clock::system(), &metrics);
    let test = async {
        fake.calls(1).await;
        tokio::time::sleep_until(end).await;
        fake.released.add_permits(1);
        while store.outbox_state().await.unwrap().waiting > 1 {
            tokio::task::yield_now().await;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(fake.calls(1).await, ["a1"]);
    };
    tokio::select! {
        () = worker.run() => {}
        done = tokio::time::timeout(Duration::from_secs(20), test) => done.expect("the first call is settled"),
    }
}
