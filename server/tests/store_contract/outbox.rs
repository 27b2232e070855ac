//! The promises of every store about calls to the core app.
//!
//! Owns the promises, each a sentence. Must not know which store it tests.

use jiff::{SignedDuration, Timestamp};
use server::store::{OutboxState, Revived};

use crate::changes::{deletion, delivery, transaction};
use crate::harness::{Harness, Open, now};

fn after(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

/// A store with pending calls of a user.
async fn waiting_for(open: &dyn Open, user_id: &str, transactions: &[&str]) -> Harness {
    let it = Harness::of(open).await;
    let connection = format!("c-{user_id}");
    it.register(&connection, user_id).await;
    let changes = transactions.iter().map(|id| transaction(id, "-1")).collect();
    it.deliver(delivery(user_id, &connection, changes)).await;
    it
}

async fn due(it: &Harness, at: Timestamp) -> Vec<(String, u32)> {
    let due = it.store.due_users(at, 10).await.unwrap();
    due.into_iter().map(|user| (user.user_id, user.attempts)).collect()
}

/// Settles the head of a user's queue; returns its key.
async fn settle(it: &Harness, user_id: &str, dead: Option<&str>, at: Timestamp) -> String {
    let head = it.store.outgoing(user_id.to_owned(), 1).await.unwrap().remove(0);
    it.store.settle(user_id.to_owned(), head.id, dead.map(str::to_owned), at).await.unwrap();
    head.idempotency_key
}

async fn keys(it: &Harness, user_id: &str) -> Vec<String> {
    it.outgoing(user_id).await.into_iter().map(|(key, _)| key).collect()
}

pub async fn users_whose_calls_wait_are_due_in_the_order_of_their_last_turns(open: &dyn Open) {
    let it = waiting_for(open, "alice", &["t1", "t2"]).await;
    let _ = waiting_for(open, "bob", &["t1", "t2"]).await;
    settle(&it, "alice", None, after(2)).await;
    settle(&it, "bob", None, after(1)).await;
    assert_eq!(due(&it, after(9)).await, [("bob".to_owned(), 0), ("alice".to_owned(), 0)]);
    // The clock was set back: a user without a pause is due as before.
    assert_eq!(due(&it, after(0)).await, [("bob".to_owned(), 0), ("alice".to_owned(), 0)]);
    it.store.postpone("bob".to_owned(), after(60), "it did not answer".to_owned()).await.unwrap();
    assert_eq!(due(&it, after(9)).await, [("alice".to_owned(), 0)]);
    assert_eq!(it.store.next_due(after(9)).await.unwrap(), Some(after(60).as_millisecond()));
    assert_eq!(due(&it, after(60)).await, [("alice".to_owned(), 0), ("bob".to_owned(), 1)]);
    // No pause lasts that long.
    assert_eq!(due(&it, after(-3600)).await, [("alice".to_owned(), 0), ("bob".to_owned(), 1)]);
    assert_eq!(it.store.next_due(after(60)).await.unwrap(), None);
}

pub async fn a_call_that_waits_behind_one_that_was_settled_stays_due(open: &dyn Open) {
    let it = waiting_for(open, "alice", &["t1", "t2"]).await;
    assert_eq!(settle(&it, "alice", None, after(1)).await, "basiq:t1");
    assert_eq!(due(&it, after(2)).await.len(), 1);
    let state = it.store.outbox_state().await.unwrap();
    assert_eq!((state.waiting, state.dead), (1, 0));
    assert!(state.oldest_millis.is_some_and(|at| at >= now().as_millisecond()));
    assert_eq!(settle(&it, "alice", None, after(1)).await, "basiq:t2");
    assert!(due(&it, after(2)).await.is_empty());
    assert_eq!(it.store.outbox_state().await.unwrap(), OutboxState::default());
    it.deliver(delivery("k2", "c-alice", vec![transaction("t3", "-1")])).await;
    assert_eq!(due(&it, after(2)).await.len(), 1);
}

pub async fn a_dead_letter_is_sent_again_unless_something_newer_was(open: &dyn Open) {
    let it = waiting_for(open, "alice", &["t1", "t2", "t3", "t4"]).await;
    for number in 1..=4 {
        settle(&it, "alice", Some(&format!("no {number}\0")), after(number)).await;
    }
    it.deliver(delivery("k2", "c-alice", vec![transaction("t2", "-2"), deletion("t3")])).await;
    let dead = it.store.dead_letters(10).await.unwrap();
    let shown: Vec<_> = dead.iter().map(|it| (it.user_id.as_str(), it.idempotency_key.as_str())).collect();
    assert_eq!(
        shown,
        ["t4", "t3", "t2", "t1"].map(|id| format!("basiq:{id}")).each_ref().map(|key| ("alice", key.as_str()))
    );
    assert!(dead[0].reason.starts_with("no 4") && dead[0].died_at.starts_with("2026-11-25T12:00:04"), "{:?}", dead[0]);
    assert_eq!(it.store.outbox_state().await.unwrap().dead, 4);
    let one = it.store.revive(Some(dead[0].id), after(9)).await.unwrap();
    assert_eq!(one, Revived { revived: 1, outdated: 0 });
    let all = it.store.revive(None, after(9)).await.unwrap();
    assert_eq!(all, Revived { revived: 1, outdated: 2 });
    assert_eq!(it.store.revive(None, after(9)).await.unwrap(), Revived::default());
    assert_eq!(keys(&it, "alice").await, ["basiq:t2:2", "basiq:t3:2", "basiq:t4", "basiq:t1"]);
    assert!(it.store.dead_letters(10).await.unwrap().is_empty());
}

pub async fn a_queue_that_is_stuck_goes_on_without_its_head(open: &dyn Open) {
    let it = waiting_for(open, "alice", &["t1", "t2"]).await;
    let _ = waiting_for(open, "bob", &["t1"]).await;
    for (user_id, times) in [("alice", 3), ("bob", 2)] {
        for time in 1..=times {
            it.store.postpone(user_id.to_owned(), after(600), format!("refused {time}\0")).await.unwrap();
        }
    }
    let stuck = it.store.stuck_queues(2, 10).await.unwrap();
    let shown: Vec<_> = stuck.iter().map(|it| (it.user_id.as_str(), it.waiting, it.attempts)).collect();
    assert_eq!(shown, [("alice", 2, 3), ("bob", 1, 2)]);
    assert!(stuck[0].reason.starts_with("refused 3") && stuck[0].idempotency_key == "basiq:t1", "{:?}", stuck[0]);
    assert_eq!(it.store.stuck_queues(3, 10).await.unwrap().len(), 1);
    assert_eq!(it.store.set_aside("alice".to_owned(), after(1)).await.unwrap().as_deref(), Some("basiq:t1"));
    assert_eq!(due(&it, after(2)).await, [("alice".to_owned(), 0)]);
    assert_eq!(keys(&it, "alice").await, ["basiq:t2"]);
    assert_eq!(it.store.set_aside("carol".to_owned(), after(1)).await.unwrap(), None);
}

pub async fn a_core_app_that_answers_again_ends_every_pause(open: &dyn Open) {
    let it = waiting_for(open, "alice", &["t1"]).await;
    let _ = waiting_for(open, "bob", &["t1"]).await;
    for user_id in ["alice", "bob"] {
        it.store.postpone(user_id.to_owned(), after(600), "it did not answer".to_owned()).await.unwrap();
    }
    assert!(due(&it, after(1)).await.is_empty());
    it.store.hurry().await.unwrap();
    let mut due = due(&it, after(1)).await;
    due.sort();
    assert_eq!(due, [("alice".to_owned(), 0), ("bob".to_owned(), 0)]);
}
