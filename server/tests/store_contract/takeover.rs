//! Work that one node at a time does, on a store of several nodes.
//!
//! Owns that the work moves to another node. Must not know which store it is.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use server::lease::{LeaseHolder, Times};
use server::store::Store;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::harness::{Harness, Open};

const TIMES: Times = Times { lasts: Duration::from_millis(800), every: Duration::from_millis(200) };
const LIMIT: Duration = Duration::from_secs(10);

/// The events of the work, in order.
type Log = Arc<Mutex<Vec<String>>>;

/// Logs the end of the work, even if it is dropped.
struct Working(Log, &'static str);

impl Drop for Working {
    fn drop(&mut self) {
        self.0.lock().push(format!("{} stops", self.1));
    }
}

struct Node {
    store: Arc<dyn Store>,
    leases: Arc<LeaseHolder>,
    task: JoinHandle<()>,
}

async fn start(open: &dyn Open, name: &'static str, log: &Log) -> Node {
    let store = Harness::of(open).await.store;
    let leases = Arc::new(LeaseHolder::new(Arc::clone(&store), name.to_owned(), TIMES));
    let (holding, log) = (Arc::clone(&leases), Arc::clone(log));
    let work = move |_, _| {
        log.lock().push(format!("{name} works"));
        let working = Working(Arc::clone(&log), name);
        async move {
            let _working = working;
            std::future::pending::<()>().await;
        }
    };
    let task = tokio::spawn(async move { holding.hold("work", work).await });
    Node { store, leases, task }
}

/// Waits until an entry is the last one in the log; returns how long that took.
async fn last(log: &Log, what: &str) -> Duration {
    let begun = Instant::now();
    while log.lock().last().is_none_or(|last| last != what) {
        assert!(begun.elapsed() < LIMIT, "{what}: {:?}", log.lock());
        sleep(Duration::from_millis(5)).await;
    }
    begun.elapsed()
}

pub async fn work_moves_when_its_node_dies_and_no_sooner(open: &dyn Open) {
    let log = Log::default();
    let one = start(open, "one", &log).await;
    last(&log, "one works").await;
    let _other = start(open, "other", &log).await;
    sleep(TIMES.lasts * 2).await;
    assert_eq!(*log.lock(), ["one works"], "it is renewed");
    one.task.abort();
    let moved = last(&log, "other works").await;
    assert!(moved > TIMES.lasts / 2, "{moved:?}: nobody has released it");
    assert_eq!(*log.lock(), ["one works", "one stops", "other works"]);
}

pub async fn work_moves_at_once_when_its_node_stops(open: &dyn Open) {
    let log = Log::default();
    let one = start(open, "one", &log).await;
    last(&log, "one works").await;
    let _other = start(open, "other", &log).await;
    one.task.abort();
    last(&log, "one stops").await;
    one.leases.release_all().await;
    let moved = last(&log, "other works").await;
    assert!(moved < TIMES.lasts / 2, "{moved:?}");
}

pub async fn a_node_that_cannot_renew_stops_before_another_one_begins(open: &dyn Open) {
    let log = Log::default();
    let one = start(open, "one", &log).await;
    last(&log, "one works").await;
    let _other = start(open, "other", &log).await;
    // As after a network cut: the node no longer reaches the database.
    one.store.close().await;
    last(&log, "other works").await;
    assert_eq!(*log.lock(), ["one works", "one stops", "other works"]);
}
