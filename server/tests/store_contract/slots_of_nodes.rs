//! The slots of several nodes, on a shared store.
//!
//! Owns how nodes take, keep and lose slots over time. Must not know which store it is.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use server::metrics::Metrics;
use server::slots::{Error, NodeSlots, Slot, Times};
use server::store::Store;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::sleep;

use crate::harness::{Harness, Open};

const TIMES: Times =
    Times { lasts: Duration::from_millis(2500), margin: Duration::from_millis(800), every: Duration::from_millis(200) };
/// A validity that no test outlasts, even on a slow machine.
const STEADY: Times = Times { lasts: Duration::from_secs(60), ..TIMES };
const LIMIT: u32 = 10;
const TIMEOUT: Duration = Duration::from_secs(30);

/// The events of a test, in order.
type Log = Arc<Mutex<Vec<&'static str>>>;

struct Node {
    store: Arc<dyn Store>,
    slots: Arc<NodeSlots>,
    task: JoinHandle<()>,
}

impl Drop for Node {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn start(open: &dyn Open, times: Times, log: &Log) -> Node {
    let store = Harness::of(open).await.store;
    let slots = NodeSlots::register(Arc::clone(&store), LIMIT, times).await.unwrap().unwrap();
    let (running, log) = (Arc::clone(&slots), Arc::clone(log));
    let task = tokio::spawn(async move { running.run(&Metrics::default(), || log.lock().push("lapsed")).await });
    Node { store, slots, task }
}

/// Takes as many slots as a node can get.
async fn take(node: &Node, user_id: &str) -> Vec<Slot> {
    let (mut taken, mut asking) = (vec![], JoinSet::new());
    for _ in 0..=LIMIT {
        let (slots, user_id) = (Arc::clone(&node.slots), Arc::from(user_id));
        asking.spawn(async move { slots.acquire(&user_id).await });
    }
    while let Some(asked) = asking.join_next().await {
        taken.extend(asked.unwrap());
    }
    taken
}

/// Takes a slot that another node had; returns how long that took.
async fn take_over(node: &Node, user_id: &str) -> (Slot, Duration) {
    let begun = Instant::now();
    loop {
        match node.slots.acquire(&user_id.into()).await {
            Ok(slot) => return (slot, begun.elapsed()),
            Err(Error::Full) => assert!(begun.elapsed() < TIMEOUT, "nothing is free"),
            Err(Error::Store(error)) => panic!("{error}"),
        }
    }
}

pub async fn the_limit_holds_exactly_while_users_sign_in_at_all_nodes_at_once(open: &dyn Open) {
    let log = Log::default();
    let nodes = [start(open, STEADY, &log).await, start(open, STEADY, &log).await, start(open, STEADY, &log).await];
    let users = ["alice", "bob", "carol"];
    let mut asking = JoinSet::new();
    for number in 0..90 {
        let (slots, user_id) = (Arc::clone(&nodes[number % 3].slots), users[(number / 3) % 3]);
        asking.spawn(async move { (user_id, slots.acquire(&user_id.into()).await) });
    }
    let mut taken = vec![];
    while let Some(asked) = asking.join_next().await {
        match asked.unwrap() {
            (user_id, Ok(slot)) => taken.push((user_id, slot)),
            (_, Err(Error::Full)) => {}
            (_, Err(Error::Store(error))) => panic!("{error}"),
        }
    }
    for user_id in users {
        assert_eq!(taken.iter().filter(|(user, _)| *user == user_id).count(), LIMIT as usize, "{user_id}");
    }
    // A user who leaves makes room at once, at each node.
    drop(taken);
    for (node, user_id) in nodes.iter().zip(users) {
        let begun = Instant::now();
        assert_eq!(take(node, user_id).await.len(), LIMIT as usize);
        assert!(begun.elapsed() < TIMEOUT / 3, "{:?}", begun.elapsed());
    }
    assert!(log.lock().is_empty(), "they are renewed");
}

pub async fn the_slots_of_a_node_that_vanishes_are_free_when_its_registration_expires(open: &dyn Open) {
    let (log, begun) = (Log::default(), Instant::now());
    let (one, other) = (start(open, TIMES, &log).await, start(open, TIMES, &log).await);
    let taken = take(&one, "alice").await;
    assert_eq!(taken.len(), LIMIT as usize);
    // The slots are the node's as long as it lives.
    assert!(matches!(other.slots.acquire(&"alice".into()).await, Err(Error::Full)));
    sleep(TIMES.lasts.saturating_sub(begun.elapsed()) + TIMES.margin).await;
    assert!(matches!(other.slots.acquire(&"alice".into()).await, Err(Error::Full)), "it is renewed");
    one.task.abort();
    let (_slot, took) = take_over(&other, "alice").await;
    assert!(took > TIMES.lasts / 3, "{took:?}: nobody has freed them");
}

pub async fn a_node_that_cannot_renew_gives_up_before_another_takes_its_slots(open: &dyn Open) {
    let (log, nothing) = (Log::default(), Log::default());
    let (one, other) = (start(open, TIMES, &log).await, start(open, STEADY, &nothing).await);
    let taken = take(&one, "alice").await;
    // As after a network cut: the node no longer reaches the database.
    one.store.close().await;
    assert!(matches!(one.slots.acquire(&"bob".into()).await, Err(Error::Store(_))), "and nobody signs in there");
    let (_slot, _) = take_over(&other, "alice").await;
    log.lock().push("taken over");
    assert_eq!(*log.lock(), ["lapsed", "taken over"]);
    assert!(taken.iter().all(|slot| !slot.is_valid()));
    assert!(matches!(one.slots.acquire(&"alice".into()).await, Err(Error::Store(_))));
}

pub async fn the_slots_of_a_node_that_stops_are_free_at_once(open: &dyn Open) {
    let log = Log::default();
    let (one, other) = (start(open, STEADY, &log).await, start(open, STEADY, &log).await);
    let taken = take(&one, "alice").await;
    one.task.abort();
    one.slots.end().await;
    assert!(taken.iter().all(|slot| !slot.is_valid()));
    assert_eq!(take(&other, "alice").await.len(), LIMIT as usize);
}
