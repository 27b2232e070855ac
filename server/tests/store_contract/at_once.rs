//! The promises of every store about concurrent calls, also from several nodes.
//!
//! Owns the promises, each a sentence. Must not know which store it tests.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::SignedDuration;
use server::store::{Budget, ConnectAttempt, Error, Recorded, Store};
use tokio::task::JoinSet;

use crate::changes::{deletion, delivery, transaction};
use crate::harness::{Harness, Open, now};
use crate::users::user;

/// How many concurrent calls there are, half of them from another node.
const CALLS: u32 = 16;

/// Makes the calls, each in its own task; returns the results.
async fn at_once<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    open: &dyn Open,
    call: impl Fn(Arc<dyn Store>, u32) -> F,
) -> Vec<T> {
    let nodes = [Harness::of(open).await, Harness::of(open).await];
    // A first round of calls, so that none of them waits for its connection to the database.
    let reads = nodes.iter().cycle().take(CALLS as usize).map(|node| node.store.user_by_email(String::new()));
    join_all(reads).await;
    let calls = (0..CALLS).zip(nodes.iter().cycle());
    calls.map(|(number, node)| call(Arc::clone(&node.store), number)).collect::<JoinSet<T>>().join_all().await
}

pub async fn an_attempt_comes_back_once_however_many_come_at_once(open: &dyn Open) {
    const STATE: [u8; 32] = [1; 32];
    let attempt = ConnectAttempt {
        connector_id: "basiq".to_owned(),
        user_id: "alice".to_owned(),
        provider_user: "u-1".to_owned(),
        connection_id: None,
        token: None,
    };
    let it = Harness::of(open).await;
    it.store.begin_connect(STATE, attempt, now() + SignedDuration::from_hours(1), now()).await.unwrap();
    let came = at_once(open, |store, _| async move {
        store.return_connect(STATE, "basiq".to_owned(), "alice".to_owned(), BTreeMap::new(), now()).await
    });
    let came = came.await;
    assert_eq!(came.iter().filter(|came| came.is_ok()).count(), 1);
    assert_eq!(came.iter().filter(|came| matches!(came, Err(Error::NotFound))).count(), came.len() - 1);
}

pub async fn a_budget_is_not_exceeded_however_many_ask_at_once(open: &dyn Open) {
    let budget = Budget { times: 3, within: Duration::from_secs(3600) };
    let taken = at_once(open, move |store, _| async move {
        store.take_refresh("basiq".to_owned(), "c1".to_owned(), budget, now()).await.unwrap()
    });
    assert_eq!(taken.await.iter().filter(|full| full.is_none()).count(), 3);
}

pub async fn the_first_id_of_a_user_at_a_provider_is_everybodys(open: &dyn Open) {
    let kept = at_once(open, |store, number| async move {
        store.keep_provider_user("basiq".to_owned(), "alice".to_owned(), format!("u-{number}")).await.unwrap()
    });
    let kept = kept.await;
    let stored = Harness::of(open).await.store.provider_user("basiq".to_owned(), "alice".to_owned()).await.unwrap();
    assert!(kept.iter().all(|id| Some(id) == stored.as_ref()), "{kept:?}");
}

pub async fn a_call_that_comes_while_the_last_one_is_settled_stays_due(open: &dyn Open) {
    let (it, other) = (Harness::of(open).await, Harness::of(open).await);
    it.register("c-alice", "alice").await;
    it.deliver(delivery("k0", "c-alice", vec![transaction("t0", "-1")])).await;
    for number in 1..=50 {
        let (key, id) = (format!("k{number}"), format!("t{number}"));
        let last = it.store.outgoing("alice".to_owned(), 10).await.unwrap().remove(0);
        let settled = it.store.settle("alice".to_owned(), last.id, None, now());
        let (settled, _) =
            tokio::join!(settled, other.deliver(delivery(&key, "c-alice", vec![transaction(&id, "-1")])));
        settled.unwrap();
        assert_eq!(it.outgoing("alice").await, [(format!("basiq:{id}"), false)]);
        assert_eq!(it.store.due_users(now(), 10).await.unwrap().len(), 1, "after {number}");
    }
}

pub async fn an_email_address_is_one_users_however_many_are_added_at_once(open: &dyn Open) {
    let added = at_once(open, |store, number| async move {
        store.add_user(user(&format!("user-{number}"), "alice@example.com"), now()).await
    });
    let added = added.await;
    assert_eq!(added.iter().filter(|added| added.is_ok()).count(), 1);
    assert_eq!(added.iter().filter(|added| matches!(added, Err(Error::Conflict(_)))).count(), added.len() - 1);
}

pub async fn deliveries_that_come_at_once_are_each_applied_once(open: &dyn Open) {
    const USERS: usize = 12;
    const DELIVERIES: usize = 120;
    let it = Harness::of(open).await;
    let user = |number: usize| format!("user-{}", number % USERS);
    // Two connections for each user, so that some deliveries share one and each is named by several.
    let connection = |number: usize| format!("c-{}", number % (2 * USERS));
    for number in 0..2 * USERS {
        it.register(&connection(number), &user(number)).await;
    }
    // A transaction that each user has already, which all deliveries change and one deletes.
    for number in 0..USERS {
        it.deliver(delivery(&format!("before-{number}"), &connection(number), vec![transaction("old", "-1")])).await;
    }
    let calls = (0..DELIVERIES).flat_map(|number| {
        let changes = || {
            let new = transaction(&format!("t{number}"), "-1");
            let changed = transaction("old", &format!("-{}", number + 2));
            if number < USERS { vec![new, deletion("old")] } else { vec![changed, new] }
        };
        // Each twice, as from a provider that does not wait for an answer.
        [(); 2].map(|()| it.deliver(delivery(&format!("k{number}"), &connection(number), changes())))
    });
    let recorded = join_all(calls).await;
    for pair in recorded.chunks(2) {
        let duplicates = pair.iter().filter(|recorded| **recorded == Recorded::Duplicate).count();
        let applied = pair.iter().filter(|recorded| matches!(recorded, Recorded::Applied(_))).count();
        assert_eq!((duplicates, applied), (1, 1), "{pair:?}");
    }
    for number in 0..USERS {
        let log = it.log(&user(number), 0).await;
        assert!(log.iter().zip(1..).all(|(event, seq)| event.seq == seq), "no number is missing");
        let new = it.all(&user(number), None).await;
        let new: BTreeSet<_> = new.into_iter().map(|it| it.transaction_id).filter(|id| id.starts_with('t')).collect();
        let delivered = (0..DELIVERIES).filter(|other| other % USERS == number).map(|other| format!("t{other}"));
        assert_eq!(new, delivered.collect(), "of {}", user(number));
        let published = it.published.lock().unwrap();
        let mut published: Vec<u64> =
            published.iter().filter(|event| *event.user_id == *user(number)).map(|event| event.seq).collect();
        published.sort_unstable();
        assert_eq!(published, (1..=log.len() as u64).collect::<Vec<_>>(), "each is published once");
    }
}

pub async fn deliveries_of_a_connection_that_come_at_once_are_applied_in_order(open: &dyn Open) {
    const DELIVERIES: usize = 80;
    let it = Harness::of(open).await;
    // Both belong to one user, so that each one's deliveries hold up the other's.
    for connection_id in ["a", "b"] {
        it.register(connection_id, "alice").await;
    }
    let connection = |number: usize| ["a", "b"][number % 2];
    let deliveries = (1..=DELIVERIES).map(|number| {
        let change = transaction(connection(number), &format!("-{number}"));
        it.deliver(delivery(&format!("k{number}"), connection(number), vec![change]))
    });
    let recorded = join_all(deliveries).await;
    assert!(recorded.iter().all(|recorded| matches!(recorded, Recorded::Applied(_))), "{recorded:?}");
    for connection_id in ["a", "b"] {
        let mut amounts = vec![];
        for event in it.log("alice", 0).await {
            let payload: serde_json::Value = serde_json::from_str(event.payload.get()).unwrap();
            if payload["transaction"]["transactionId"] == connection_id {
                amounts.push(payload["transaction"]["amount"].to_string());
            }
        }
        let sent = (1..=DELIVERIES).filter(|number| connection(*number) == connection_id);
        assert_eq!(amounts, sent.map(|number| format!("-{number}")).collect::<Vec<_>>());
    }
}
