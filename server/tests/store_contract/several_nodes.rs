//! The promises of a store that several nodes have open at once.
//!
//! Owns stress tests of the order of numbers and of deliveries. Must not know which store it tests.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::SignedDuration;
use server::store::{ConnectAttempt, Content, NewDelivery, Recorded};
use tokio::task::JoinSet;

use crate::changes::{balance, delivery, transaction};
use crate::harness::{Harness, Open, now};

/// How many tasks deliver concurrently.
const TASKS: usize = 8;
/// How many deliveries each task makes.
const DELIVERIES: usize = 60;
const USERS: [&str; 3] = ["alice", "bob", "carol"];

/// Two nodes on the same data.
async fn nodes(open: &dyn Open) -> [Arc<Harness>; 2] {
    [Arc::new(Harness::of(open).await), Arc::new(Harness::of(open).await)]
}

/// Follows a user's log like a subscriber that keeps catching up; returns the last number.
async fn follow(it: Arc<Harness>, user_id: &'static str, has_ended: Arc<AtomicBool>) -> u64 {
    let mut cursor = 0;
    loop {
        let is_last = has_ended.load(Ordering::Acquire);
        let newest = it.store.log_ends(user_id.into()).await.unwrap().newest;
        for event in it.log(user_id, cursor).await {
            assert_eq!(event.seq, cursor + 1, "no number is missing, to be filled in later");
            cursor = event.seq;
        }
        assert!(cursor >= newest, "what was committed is there");
        if is_last {
            return cursor;
        }
    }
}

pub async fn a_users_numbers_have_no_gap_however_many_nodes_commit_at_once(open: &dyn Open) {
    let nodes = nodes(open).await;
    for user_id in USERS {
        for connection in ["a", "b"] {
            nodes[0].register(&format!("{user_id}-{connection}"), user_id).await;
        }
    }
    let has_ended = Arc::new(AtomicBool::new(false));
    let mut following = JoinSet::new();
    for (number, user_id) in USERS.into_iter().enumerate() {
        let (node, has_ended) = (Arc::clone(&nodes[number % 2]), Arc::clone(&has_ended));
        following.spawn(async move { (user_id, follow(node, user_id, has_ended).await) });
    }
    let mut delivering = JoinSet::new();
    for task in 0..TASKS {
        let node = Arc::clone(&nodes[task % 2]);
        delivering.spawn(async move {
            for number in 0..DELIVERIES {
                let connection = format!("{}-{}", USERS[(task + number) % 3], ["a", "b"][number % 2]);
                let changes = vec![
                    transaction(&format!("t{task}-{number}"), "-1"),
                    // All tasks change the same rows, so each waits for the others.
                    transaction(&format!("shared-{}", number % 5), &format!("-{}", task * DELIVERIES + number + 1)),
                    balance(&format!("{}.00", task * DELIVERIES + number)),
                ];
                let recorded = node.deliver(delivery(&format!("k{task}-{number}"), &connection, changes)).await;
                assert!(matches!(recorded, Recorded::Applied(_)), "{recorded:?}");
            }
        });
    }
    while let Some(delivered) = delivering.join_next().await {
        delivered.unwrap();
    }
    has_ended.store(true, Ordering::Release);
    let followed: HashMap<&str, u64> = following.join_all().await.into_iter().collect();
    for user_id in USERS {
        let log = nodes[1].log(user_id, 0).await;
        let numbers: Vec<u64> = log.iter().map(|event| event.seq).collect();
        assert_eq!(numbers, (1..=log.len() as u64).collect::<Vec<_>>());
        assert!(log.len() > TASKS * DELIVERIES / USERS.len() * 2, "{} events", log.len());
        assert_eq!(followed[user_id], log.len() as u64);
        // Each event was published by the node that committed it, once and with its payload from the log.
        let mut published = BTreeMap::new();
        for event in nodes.iter().flat_map(|node| node.published.lock().unwrap().clone()) {
            if &*event.user_id == user_id {
                assert!(published.insert(event.seq, event.payload.get().to_owned()).is_none(), "{} twice", event.seq);
            }
        }
        let logged = log.iter().map(|event| (event.seq, event.payload.get().to_owned())).collect();
        assert_eq!(published, logged);
    }
}

pub async fn ids_of_a_connections_deliveries_are_in_the_order_of_their_commits(open: &dyn Open) {
    let nodes = nodes(open).await;
    let mut delivering = JoinSet::new();
    for task in 0..TASKS {
        let node = Arc::clone(&nodes[task % 2]);
        delivering.spawn(async move {
            for number in 0..DELIVERIES / 2 {
                // The connection is not registered: only the connection itself orders them.
                let changes = vec![transaction("t1", "-1")];
                node.deliver(delivery(&format!("k{task}-{number}"), "c1", changes)).await;
            }
        });
    }
    let (mut seen, mut newest) = (HashSet::new(), 0);
    loop {
        let has_ended = delivering.is_empty();
        let entries = nodes[0].store.inbox(false, 10_000).await.unwrap();
        let new: Vec<i64> = entries.into_iter().map(|entry| entry.id).filter(|id| seen.insert(*id)).collect();
        assert!(new.iter().all(|id| *id > newest), "{new:?} after {newest}");
        newest = new.into_iter().max().unwrap_or(newest);
        if has_ended {
            break;
        }
        while let Some(delivered) = delivering.try_join_next() {
            delivered.unwrap();
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(seen.len(), TASKS * DELIVERIES / 2);
}

pub async fn a_delivery_is_recorded_once_whichever_nodes_it_reaches_at_once(open: &dyn Open) {
    let [one, other] = nodes(open).await;
    one.register("c1", "alice").await;
    for number in 0..30 {
        let content = |of: NewDelivery| match number % 2 {
            0 => of,
            // It names no connection that would order the two.
            _ => NewDelivery { content: Content::Kept("of a new kind".to_owned()), ..of },
        };
        let copy = || content(delivery(&format!("k{number}"), "c1", vec![transaction(&format!("t{number}"), "-1")]));
        let both: [Recorded; 2] = tokio::join!(one.deliver(copy()), other.deliver(copy())).into();
        let duplicates = both.iter().filter(|recorded| **recorded == Recorded::Duplicate).count();
        assert_eq!(duplicates, 1, "{both:?}");
    }
    assert_eq!(one.all("alice", None).await.len(), 15);
}

pub async fn nothing_is_lost_that_comes_while_its_connection_is_registered_on_another_node(open: &dyn Open) {
    let [one, other] = nodes(open).await;
    for round in 0..10 {
        let (connection, user_id) = (format!("c{round}"), format!("user-{round}"));
        let deliver = async {
            for number in 0..10 {
                let (key, id) = (format!("k{round}-{number}"), format!("t{number}"));
                let recorded = one.deliver(delivery(&key, &connection, vec![transaction(&id, "-1")])).await;
                assert!(matches!(recorded, Recorded::Applied(_) | Recorded::Kept(_) | Recorded::Queued));
            }
        };
        tokio::join!(deliver, other.register(&connection, &user_id));
        // As a node does after a registration was answered.
        for kept in other.store.placeable_deliveries(None, i64::MIN, 100).await.unwrap() {
            let (_, _, key) = kept.delivery.into_parts();
            let number = key.rsplit('-').next().unwrap();
            let again = delivery(&key, &connection, vec![transaction(&format!("t{number}"), "-1")]);
            other.store.apply_kept(kept.id, again, other.now()).await.unwrap();
        }
        assert_eq!(one.all(&user_id, None).await.len(), 10);
    }
}

pub async fn an_attempt_to_connect_a_bank_is_followed_by_one_node_until_that_is_silent(open: &dyn Open) {
    let ([one, other], state) = (nodes(open).await, [1; 32]);
    let attempt = ConnectAttempt {
        connector_id: "basiq".to_owned(),
        user_id: "alice".to_owned(),
        provider_user: "u-1".to_owned(),
        connection_id: None,
        token: None,
    };
    one.store.begin_connect(state, attempt, now() + SignedDuration::from_mins(30), now()).await.unwrap();
    let back = one.store.return_connect(state, "basiq".to_owned(), "alice".to_owned(), BTreeMap::new(), now());
    back.await.unwrap();
    let claimed =
        |it: Arc<Harness>| async move { it.store.claim_connects(Duration::from_secs(600)).await.unwrap().len() };
    assert_eq!(claimed(Arc::clone(&other)).await, 0, "the node to which it came back follows it");
    one.store.follow_connect(state, Duration::from_millis(200)).await.unwrap();
    assert_eq!(claimed(Arc::clone(&other)).await, 0);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let both = tokio::join!(claimed(one), claimed(Arc::clone(&other)));
    assert_eq!(both.0 + both.1, 1, "one of them goes on with it");
    other.store.end_connect(state).await.unwrap();
}
