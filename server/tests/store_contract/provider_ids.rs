//! The promises of every store about transactions whose ids change.
//!
//! Owns the promises, each a sentence. Must not know which store it tests.

use ledger::{Change, Update};
use server::store::{Changed, Recorded};
use wire::api::TransactionQuery;
use wire::transaction::TransactionKey;
use wire::{Transaction, TransactionStatus};

use crate::changes::{CONNECTOR, deletion, delivery, transaction};
use crate::harness::{Harness, Open};

fn pending(id: &str, amount: &str) -> Change {
    with_status(transaction(id, amount), TransactionStatus::Pending)
}

/// A transaction that replaces a pending one.
fn replaces(predecessor: &str, id: &str, amount: &str, status: TransactionStatus) -> Change {
    let mut change = with_status(transaction(id, amount), status);
    if let Update::Transaction(new) = &mut change.update {
        new.predecessor = Some(predecessor.to_owned());
    }
    change
}

fn posted(predecessor: &str, id: &str, amount: &str) -> Change {
    replaces(predecessor, id, amount, TransactionStatus::Posted)
}

fn with_status(mut change: Change, status: TransactionStatus) -> Change {
    if let Update::Transaction(new) = &mut change.update {
        new.status = Some(status);
    }
    change
}

/// Each transaction as its first id, the provider's newest, and the revision.
async fn ids(it: &Harness) -> Vec<String> {
    let all = it.query("alice", TransactionQuery::default()).await;
    let shown = |it: &Transaction| {
        format!("{} {} {}", it.transaction_id, it.provider_transaction_id.as_deref().unwrap_or("-"), it.revision)
    };
    all.iter().map(shown).collect()
}

pub async fn a_posted_transaction_keeps_the_id_of_the_pending_one_it_replaces(open: &dyn Open) {
    let it = Harness::of(open).await;
    it.register("c1", "alice").await;
    it.deliver(delivery("k1", "c1", vec![pending("p1", "-10")])).await;
    let recorded = it.deliver(delivery("k2", "c1", vec![posted("p1", "p2", "-12")])).await;
    assert_eq!(recorded, Recorded::Applied(Changed { new: 0, updated: 1 }));
    assert_eq!(ids(&it).await, ["p1 p2 2"]);
    assert_eq!(it.events("alice", 1).await, ["transaction:new", "transaction:updated"]);
    let updated = &it.log("alice", 2).await[0];
    assert!(updated.payload.get().contains(r#""transactionId":"p1","providerTransactionId":"p2""#));
    assert_eq!(it.outgoing("alice").await.last().unwrap().0, "basiq:p1:2");
    assert_eq!(it.all("alice", Some(2)).await[0].provider_transaction_id.as_deref(), Some("p2"));
}

pub async fn either_id_finds_the_transaction_after_a_restart_as_well(open: &dyn Open) {
    let it = Harness::of(open).await;
    it.register("c1", "alice").await;
    it.deliver(delivery("k1", "c1", vec![pending("p1", "-10")])).await;
    it.deliver(delivery("k2", "c1", vec![posted("p1", "p2", "-12")])).await;
    it.store.close().await;
    drop(it);
    let it = Harness::of(open).await;
    for transaction_id in ["p1", "p2"] {
        let key = TransactionKey {
            connector_id: CONNECTOR.to_owned(),
            connection_id: "c1".to_owned(),
            account_id: "acc-1".to_owned(),
            transaction_id: transaction_id.to_owned(),
        };
        assert_eq!(it.store.transaction("alice".to_owned(), key).await.unwrap().transaction_id, "p1");
    }
    it.deliver(delivery("k3", "c1", vec![transaction("p2", "-13")])).await;
    assert_eq!(ids(&it).await, ["p1 p2 3"]);
    it.deliver(delivery("k4", "c1", vec![deletion("p1")])).await;
    assert_eq!(ids(&it).await, ["p1 p2 3"], "the pending one is gone, and not what replaced it");
    it.deliver(delivery("k5", "c1", vec![deletion("p2")])).await;
    assert!(ids(&it).await.is_empty());
    it.deliver(delivery("k6", "c1", vec![transaction("p2", "-13"), pending("p1", "-10")])).await;
    assert!(ids(&it).await.is_empty(), "what was deleted comes back under neither id");
}

pub async fn an_id_that_changed_alone_is_no_event_and_leaves_the_log_as_it_was(open: &dyn Open) {
    let it = Harness::of(open).await;
    it.register("c1", "alice").await;
    it.deliver(delivery("k1", "c1", vec![pending("p1", "-10"), pending("q1", "-20")])).await;
    let again = |from: &str, to: &str, amount| replaces(from, to, amount, TransactionStatus::Pending);
    for (key, change) in [("k2", again("p1", "p2", "-10")), ("k3", again("p2", "p3", "-10"))] {
        let recorded = it.deliver(delivery(key, "c1", vec![change])).await;
        assert_eq!(recorded, Recorded::Applied(Changed::default()));
    }
    // Also if the same delivery has reported it.
    it.deliver(delivery("k4", "c1", vec![pending("r1", "-30"), again("r1", "r2", "-30")])).await;
    assert_eq!(ids(&it).await, ["r1 r2 1", "q1 - 1", "p1 p3 1"]);
    let published = it.published.lock().unwrap().clone();
    let log = it.log("alice", 0).await;
    let texts = |events: &[server::store::FeedEvent]| {
        events.iter().map(|event| event.payload.get().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(texts(&log), texts(&published));
    let changed = it.all("alice", Some(1)).await;
    assert_eq!(changed.len(), 3, "a client that was away finds each");
    it.deliver(delivery("k5", "c1", vec![posted("p3", "p4", "-10")])).await;
    assert_eq!(ids(&it).await, ["r1 r2 1", "q1 - 1", "p1 p4 2"]);
}

pub async fn a_transaction_that_gets_its_first_id_back_has_no_other(open: &dyn Open) {
    let it = Harness::of(open).await;
    it.register("c1", "alice").await;
    it.deliver(delivery("k1", "c1", vec![pending("p1", "-10"), posted("p1", "p2", "-10")])).await;
    it.deliver(delivery("k2", "c1", vec![posted("p2", "p1", "-10")])).await;
    assert_eq!(ids(&it).await, ["p1 - 2"]);
    it.deliver(delivery("k3", "c1", vec![deletion("p1")])).await;
    assert!(ids(&it).await.is_empty());
}

pub async fn a_move_to_another_connection_takes_the_providers_id_along(open: &dyn Open) {
    let it = Harness::of(open).await;
    it.register("c1", "alice").await;
    it.deliver(delivery("k1", "c1", vec![pending("p1", "-10"), posted("p1", "p2", "-12")])).await;
    it.remove("c1", false).await;
    it.register("c2", "alice").await;
    it.deliver(delivery("k2", "c2", vec![transaction("other", "-1")])).await;
    it.settle().await;
    it.deliver(delivery("k3", "c2", vec![deletion("p2")])).await;
    assert_eq!(ids(&it).await, ["other - 1"]);
}
