//! The promises of every store of several nodes about connection slots.
//!
//! Owns the promises, each a sentence. Must not know which store it tests.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use server::store::{Error, NodeId, Result, SlotRequest, Store};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::harness::{Harness, Open};

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(500);
const LIMIT: u32 = 5;
const USERS: usize = 4;
const ROUNDS: u32 = 60;

async fn node(open: &dyn Open, lasts: Duration) -> (Arc<dyn Store>, NodeId) {
    let store = Harness::of(open).await.store;
    let node = store.register_node(lasts).await.unwrap().unwrap();
    (store, node)
}

async fn record((store, node): &(Arc<dyn Store>, NodeId), user_id: &str, used: u32, wanted: u32) -> Result<u32> {
    let request = SlotRequest { user_id: user_id.into(), used, wanted };
    Ok(store.record_slots(*node, vec![request], LIMIT).await?[0])
}

/// Repeatedly takes and returns slots of all users, concurrently with other nodes.
async fn take_and_give_back(
    node: (Arc<dyn Store>, NodeId),
    in_use: Arc<[AtomicU32; USERS]>,
    mut random: fastrand::Rng,
) {
    let mut used = [0; USERS];
    for _ in 0..ROUNDS {
        let mut asked: Vec<(usize, u32)> = (0..USERS).map(|user| (user, random.u32(..4))).collect();
        random.shuffle(&mut asked);
        for user in 0..USERS {
            let given_back = random.u32(..=used[user]);
            in_use[user].fetch_sub(given_back, Ordering::SeqCst);
            used[user] -= given_back;
        }
        let requests = asked.iter().map(|(user, wanted)| SlotRequest {
            user_id: format!("user-{user}").into(),
            used: used[*user],
            wanted: *wanted,
        });
        let granted = node.0.record_slots(node.1, requests.collect(), LIMIT).await.unwrap();
        for ((user, _), granted) in asked.into_iter().zip(granted) {
            let new = granted.checked_sub(used[user]).unwrap();
            let all = in_use[user].fetch_add(new, Ordering::SeqCst) + new;
            assert!(all <= LIMIT, "{all} of one user");
            used[user] = granted;
        }
    }
}

pub async fn no_user_has_more_slots_than_allowed_however_many_nodes_take_some_at_once(open: &dyn Open) {
    let nodes = [node(open, LONG).await, node(open, LONG).await, node(open, LONG).await];
    let in_use = Arc::new([const { AtomicU32::new(0) }; USERS]);
    let mut taking = JoinSet::new();
    for (seed, node) in (1..).zip(&nodes) {
        taking.spawn(take_and_give_back(node.clone(), Arc::clone(&in_use), fastrand::Rng::with_seed(seed)));
    }
    while let Some(taken) = taking.join_next().await {
        taken.unwrap();
    }
    // Now the number of free slots is known exactly.
    for (user, used) in in_use.iter().enumerate() {
        let name = format!("user-{user}");
        let mut has = 0;
        for node in &nodes {
            let recorded = node.0.recorded_slots(node.1).await.unwrap();
            has += recorded.into_iter().find(|(user_id, _)| *user_id == name).map_or(0, |(_, used)| used);
        }
        assert_eq!(has, used.load(Ordering::SeqCst));
        let fourth = self::node(open, LONG).await;
        assert_eq!(record(&fourth, &name, 0, 9).await.unwrap(), LIMIT - has);
        fourth.0.end_node(fourth.1).await.unwrap();
    }
}

pub async fn slots_are_free_when_their_node_has_ended_or_expired_and_it_takes_no_more(open: &dyn Open) {
    let (one, other) = (node(open, LONG).await, node(open, LONG).await);
    assert_eq!(record(&one, "alice", 0, LIMIT).await.unwrap(), LIMIT);
    assert_eq!(record(&other, "alice", 0, 1).await.unwrap(), 0);
    one.0.end_node(one.1).await.unwrap();
    assert_eq!(record(&other, "alice", 0, 1).await.unwrap(), 1);
    assert!(matches!(record(&one, "alice", 1, 1).await, Err(Error::Unavailable(_))));
    assert!(!one.0.renew_node(one.1, LONG).await.unwrap(), "it has ended for good");
    let third = node(open, SHORT).await;
    assert_eq!(record(&third, "alice", 0, LIMIT).await.unwrap(), LIMIT - 1);
    assert!(third.0.renew_node(third.1, SHORT).await.unwrap());
    assert_eq!(record(&other, "alice", 1, 1).await.unwrap(), 1);
    sleep(SHORT + SHORT / 3).await;
    assert_eq!(record(&other, "alice", 1, LIMIT).await.unwrap(), LIMIT);
    assert!(!third.0.renew_node(third.1, LONG).await.unwrap(), "it has expired, though others have seen it live");
    assert!(record(&third, "bob", 0, 1).await.is_err());
    // Any other node deletes the rows of both.
    assert!(other.0.renew_node(other.1, LONG).await.unwrap());
    assert!(third.0.recorded_slots(third.1).await.unwrap().is_empty());
    assert_eq!(other.0.recorded_slots(other.1).await.unwrap(), [("alice".to_owned(), LIMIT)]);
}

pub async fn what_a_node_uses_is_recorded_as_it_is(open: &dyn Open) {
    let (one, other) = (node(open, LONG).await, node(open, LONG).await);
    // The database has lost earlier commits, as after a failover: no client is disconnected.
    assert_eq!(record(&one, "alice", LIMIT - 1, 0).await.unwrap(), LIMIT - 1);
    assert_eq!(record(&other, "alice", 2, 3).await.unwrap(), 2, "and nothing is granted beyond the limit");
    assert_eq!(record(&one, "alice", 1, 3).await.unwrap(), LIMIT - 2);
    assert_eq!(record(&one, "alice", 0, 0).await.unwrap(), 0);
    assert!(one.0.recorded_slots(one.1).await.unwrap().is_empty());
    assert_eq!(record(&other, "alice", 2, 9).await.unwrap(), LIMIT);
}
