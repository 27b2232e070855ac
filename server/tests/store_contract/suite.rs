//! The promises of every store.
//!
//! Owns the promises, each a sentence. Must not know which store it tests.

use server::store::{Changed, Error, FeedEvent, NewDelivery, Recorded};
use wire::api::{ConnectionRequest, TransactionQuery};

use crate::changes::{CONNECTOR, balance, connector, deletion, delivery, partly, transaction, transaction_of, unknown};
use crate::harness::{Harness, Open};

pub use crate::connection_state::*;

pub async fn a_delivery_is_applied_once(open: &dyn Open) {
    let it = Harness::of(open).await;
    it.register("c1", "alice").await;
    let first = it.deliver(delivery("k1", "c1", vec![transaction("t1", "-1"), transaction("t2", "-2")])).await;
    assert_eq!(first, Recorded::Applied(Changed { new: 2, updated: 0 }));
    let again = it.deliver(delivery("k1", "c1", vec![transaction("t1", "-9")])).await;
    assert_eq!(again, Recorded::Duplicate);
    assert_eq!(it.transactions("alice").await, ["t2 -2", "t1 -1"]);
}

pub async fn what_comes_before_its_connection_waits_and_is_applied_in_order(open: &dyn Open) {
    let it = Harness::of(open).await;
    for (key, amount) in [("k1", "-1"), ("k2", "-2")] {
        let recorded = it.deliver(delivery(key, "c1", vec![transaction("t1", amount)])).await;
        assert!(matches!(recorded, Recorded::Kept(_)));
    }
    it.register("c1", "alice").await;
    // New deliveries must not overtake waiting ones.
    assert_eq!(it.deliver(delivery("k3", "c1", vec![transaction("t1", "-3")])).await, Recorded::Queued);
    let waiting = it.store.placeable_deliveries(None, i64::MIN, 10).await.unwrap();
    for (kept, (key, amount)) in waiting.iter().zip([("k1", "-1"), ("k2", "-2"), ("k3", "-3")]) {
        let again = delivery(key, "c1", vec![transaction("t1", amount)]);
        assert!(matches!(it.store.apply_kept(kept.id, again, it.now()).await.unwrap(), Recorded::Applied(_)));
    }
    assert_eq!(it.transactions("alice").await, ["t1 -3"]);
    assert!(it.store.placeable_deliveries(None, i64::MIN, 10).await.unwrap().is_empty());
}

pub async fn an_older_report_never_overwrites_a_newer_one(open: &dyn Open) {
    let it = Harness::of(open).await;
    it.register("c1", "alice").await;
    it.deliver(delivery("k1", "c1", vec![transaction("t1", "-12.50").versioned(2_000)])).await;
    it.deliver(delivery("k2", "c1", vec![transaction("t1", "-10").versioned(1_000)])).await;
    assert_eq!(it.transactions("alice").await, ["t1 -12.50"]);
    it.deliver(delivery("k3", "c1", vec![deletion("t1").versioned(2_500)])).await;
    it.deliver(delivery("k4", "c1", vec![transaction("t1", "-12.50").versioned(1_500)])).await;
    assert!(it.transactions("alice").await.is_empty(), "what was deleted stays deleted");
    it.deliver(delivery("k5", "c1", vec![transaction("t1", "-13").versioned(3_000)])).await;
    let all = it.query("alice", TransactionQuery::default()).await;
    assert_eq!((all[0].amount.to_string().as_str(), all[0].revision), ("-13", 3));
}

pub async fn an_item_that_is_not_understood_is_quarantined_alone(open: &dyn Open) {
    let it = Harness::of(open).await;
    it.register("c1", "alice").await;
    let changes = || vec![transaction("t1", "-1"), transaction("t3", "-3")];
    let recorded = it.deliver(partly("k1", "c1", changes(), &[("t2", "the amount is not a number")])).await;
    let Recorded::Partly(changed, reason) = recorded else { panic!("{recorded:?}") };
    assert_eq!(changed, Changed { new: 2, updated: 0 });
    assert!(reason.contains("t2") && reason.contains("the amount is not a number"), "{reason}");
    assert_eq!(it.transactions("alice").await, ["t3 -3", "t1 -1"]);
    let entry = it.store.inbox(true, 10).await.unwrap().remove(0);
    assert_eq!(entry.reason, Some(reason));
    // A later release understands the delivery: only its new items change anything.
    let all = vec![transaction("t1", "-1"), transaction("t2", "-2"), transaction("t3", "-3")];
    let again = it.store.apply_kept(entry.id, delivery("k1", "c1", all), it.now()).await.unwrap();
    assert_eq!(again, Recorded::Applied(Changed { new: 1, updated: 0 }));
    assert_eq!(it.store.kept_deliveries().await.unwrap(), 0);
}

pub async fn a_quarantined_delivery_that_runs_later_replaces_nothing_newer(open: &dyn Open) {
    let it = Harness::of(open).await;
    it.register("c1", "alice").await;
    it.deliver(delivery("k1", "c1", vec![transaction("t1", "-1"), balance("10.00")])).await;
    it.deliver(unknown("k2")).await;
    // The same report again confirms the stored data.
    it.deliver(delivery("k3", "c1", vec![transaction("t1", "-1"), balance("10.00")])).await;
    let entry = it.store.inbox(true, 10).await.unwrap().remove(0);
    let understood = delivery("k2", "c1", vec![transaction("t1", "-2"), balance("20.00"), transaction("t2", "-3")]);
    let again = it.store.apply_kept(entry.id, understood, it.now()).await.unwrap();
    assert_eq!(again, Recorded::Applied(Changed { new: 1, updated: 0 }));
    assert_eq!(it.transactions("alice").await, ["t2 -3", "t1 -1"]);
    let account = it.store.accounts("alice".to_owned()).await.unwrap().remove(0);
    assert_eq!(account.balance.unwrap().to_string(), "10.00");
}

pub async fn the_log_repeats_byte_for_byte_what_was_published(open: &dyn Open) {
    let it = Harness::of(open).await;
    it.register("c1", "alice").await;
    it.deliver(delivery("k1", "c1", vec![balance("100.00"), transaction("t1", "-1"), transaction("t2", "-2")])).await;
    it.deliver(delivery("k2", "c1", vec![transaction("t1", "-1.5"), transaction("t1", "-1.6")])).await;
    it.deliver(delivery("k3", "c1", vec![deletion("t2"), transaction("t3", "-3"), deletion("t3")])).await;
    let published = it.published.lock().unwrap().clone();
    let log = it.log("alice", 0).await;
    let numbers: Vec<u64> = log.iter().map(|event| event.seq).collect();
    assert_eq!(numbers, (1..=log.len() as u64).collect::<Vec<_>>());
    let texts = |events: &[server::store::FeedEvent]| {
        events.iter().map(|event| format!("{} {} {}", event.seq, event.name, event.payload.get())).collect::<Vec<_>>()
    };
    assert_eq!(texts(&log), texts(&published));
}

pub async fn a_page_goes_on_where_the_last_one_ended_in_both_orders(open: &dyn Open) {
    let it = Harness::of(open).await;
    it.register("c1", "alice").await;
    for number in 1..=5 {
        it.deliver(delivery(&format!("k{number}"), "c1", vec![transaction(&format!("t{number}"), "-1")])).await;
    }
    it.deliver(delivery("k6", "c1", vec![transaction("t2", "-2")])).await;
    for (since, expected) in [(None, ["t5", "t4", "t3", "t2", "t1"]), (Some(0), ["t1", "t3", "t4", "t5", "t2"])] {
        let mut ids = vec![];
        let mut before = None;
        loop {
            let query = TransactionQuery { since, before, limit: Some(2), ..TransactionQuery::default() };
            let page = it.store.transactions("alice".to_owned(), query).await.unwrap();
            ids.extend(page.transactions.into_iter().map(|it| it.transaction_id));
            before = page.next_cursor;
            if before.is_none() {
                break;
            }
        }
        assert_eq!(ids, expected, "{since:?}");
    }
}

pub async fn what_changed_since_an_event_is_found_also_when_the_log_begins_later(open: &dyn Open) {
    let it = Harness::of(open).await;
    it.register("c1", "alice").await;
    for number in 1..=4 {
        it.deliver(delivery(&format!("k{number}"), "c1", vec![transaction(&format!("t{number}"), "-1")])).await;
    }
    let since = |since| TransactionQuery { since: Some(since), ..TransactionQuery::default() };
    let ids = |found: Vec<wire::Transaction>| found.into_iter().map(|it| it.transaction_id).collect::<Vec<_>>();
    // The first event is the registration's.
    assert_eq!(ids(it.query("alice", since(3)).await), ["t3", "t4"]);
    assert_eq!(it.store.prune_events(jiff::Timestamp::MIN, 1).await.unwrap(), 4);
    assert_eq!(ids(it.query("alice", since(3)).await), ["t3", "t4"]);
    assert_eq!(ids(it.query("alice", since(0)).await), ["t1", "t2", "t3", "t4"]);
    let ends = it.store.log_ends("alice".into()).await.unwrap();
    assert_eq!((ends.oldest, ends.newest), (5, 5));
}

pub async fn an_account_that_is_linked_again_brings_its_history(open: &dyn Open) {
    let it = Harness::of(open).await;
    it.register("c1", "alice").await;
    let many = (0..600).map(|number| transaction(&format!("t{number}"), "-1")).collect();
    it.deliver(delivery("k1", "c1", many)).await;
    it.deliver(delivery("k2", "c1", vec![balance("100.00")])).await;
    it.remove("c1", false).await;
    assert!(it.store.accounts("alice".to_owned()).await.unwrap().is_empty());
    let before = it.log("alice", 0).await.len() as u64;
    it.register("c2", "alice").await;
    it.deliver(delivery("k3", "c2", vec![transaction("t1", "-1")])).await;
    it.settle().await;
    let all = it.all("alice", None).await;
    assert_eq!(all.len(), 600);
    assert!(all.iter().all(|it| it.connection_id == "c2"));
    assert_eq!(it.store.accounts("alice".to_owned()).await.unwrap()[0].name, "Everyday");
    let log = it.log("alice", before).await;
    let moved: Vec<_> = log.iter().filter(|event| event.name == "transaction:updated").collect();
    assert_eq!(moved.len(), 600, "each once");
    for event in moved {
        assert!(event.payload.get().contains(r#""previousConnectionId":"c1""#), "{}", event.payload.get());
    }
    assert!(log.iter().all(|event| event.name != "transaction:new"));
    assert_eq!(it.all("alice", Some(before)).await.len(), 600, "a client that was away finds each");
    // The log keeps the published events.
    let published = it.published.lock().unwrap().clone();
    let second = &it.log("alice", 1).await[0];
    assert_eq!(second.payload.get(), published[1].payload.get());
}

pub async fn another_users_link_of_the_same_account_brings_nothing(open: &dyn Open) {
    let it = Harness::of(open).await;
    it.register("c1", "alice").await;
    it.deliver(delivery("k1", "c1", vec![transaction("t1", "-1")])).await;
    it.remove("c1", false).await;
    it.register("c1", "bob").await;
    it.deliver(delivery("k2", "c1", vec![transaction("t2", "-2")])).await;
    assert_eq!(it.transactions("alice").await, ["t1 -1"]);
    assert_eq!(it.transactions("bob").await, ["t2 -2"]);
}

pub async fn a_purge_deletes_a_connections_transactions_and_reports_each(open: &dyn Open) {
    let it = Harness::of(open).await;
    it.register("c1", "alice").await;
    it.register("c2", "alice").await;
    let many = (0..600).map(|number| transaction(&format!("t{number}"), "-1")).collect();
    it.deliver(delivery("k1", "c1", many)).await;
    it.deliver(delivery("k2", "c2", vec![transaction("other", "-1")])).await;
    // Also a connection that was removed before.
    it.remove("c1", false).await;
    assert_eq!(it.all("alice", None).await.len(), 601);
    it.remove("c1", true).await;
    it.settle().await;
    assert_eq!(it.transactions("alice").await, ["other -1"]);
    let deleted = it.events("alice", 0).await.into_iter().filter(|name| *name == "transaction:deleted").count();
    assert_eq!(deleted, 600);
    let unknown = it.store.delete_connection(CONNECTOR.to_owned(), "c9".to_owned(), None, true, it.now()).await;
    assert!(matches!(unknown, Err(Error::NotFound)));
}

pub async fn a_purge_covers_every_earlier_registration_of_the_connection(open: &dyn Open) {
    let it = Harness::of(open).await;
    for number in 1..=2 {
        it.register("c1", "alice").await;
        let account = format!("acc-{number}");
        let changes = vec![transaction_of(&account, &format!("t{number}"), "-1")];
        it.deliver(delivery(&format!("k{number}"), "c1", changes)).await;
        it.remove("c1", false).await;
    }
    // The other user's registration of the same connection remains.
    it.register("c1", "bob").await;
    it.deliver(delivery("k3", "c1", vec![transaction("t3", "-3")])).await;
    it.remove("c1", false).await;
    assert_eq!(it.transactions("alice").await, ["t2 -1", "t1 -1"]);
    let alice = Some("alice".to_owned());
    it.store.delete_connection(CONNECTOR.to_owned(), "c1".to_owned(), alice, true, it.now()).await.unwrap();
    it.settle().await;
    assert!(it.transactions("alice").await.is_empty());
    assert_eq!(it.transactions("bob").await, ["t3 -3"]);
}

pub async fn a_delivery_waits_while_its_connection_is_being_purged(open: &dyn Open) {
    let it = Harness::of(open).await;
    it.register("c1", "alice").await;
    let many = (0..600).map(|number| transaction(&format!("t{number}"), "-1")).collect();
    it.deliver(delivery("k1", "c1", many)).await;
    it.remove("c1", true).await;
    it.register_with_account("c1", "alice", "acc-1").await;
    let recorded = it.deliver(delivery("k2", "c1", vec![transaction("t1", "-2")])).await;
    it.settle().await;
    let waiting = it.store.placeable_deliveries(None, i64::MIN, 10).await.unwrap();
    for kept in &waiting {
        let again = delivery("k2", "c1", vec![transaction("t1", "-2")]);
        it.store.apply_kept(kept.id, again, it.now()).await.unwrap();
    }
    assert!(waiting.len() == 1 || matches!(recorded, Recorded::Applied(_)), "{recorded:?}");
    assert_eq!(it.transactions("alice").await, ["t1 -2"]);
    assert!(it.keys_are_distinct("alice").await);
    assert!(it.store.placeable_deliveries(None, i64::MIN, 10).await.unwrap().is_empty());
}

pub async fn what_comes_after_a_purge_is_another_transaction_for_the_core_app(open: &dyn Open) {
    let it = Harness::of(open).await;
    it.register("c1", "alice").await;
    it.deliver(delivery("k1", "c1", vec![transaction("t1", "-1"), transaction("t1", "-2")])).await;
    it.remove("c1", true).await;
    it.settle().await;
    it.register("c1", "alice").await;
    it.deliver(delivery("k2", "c1", vec![transaction("t1", "-1"), transaction("t9", "-9")])).await;
    it.settle().await;
    assert_eq!(it.transactions("alice").await, ["t9 -9", "t1 -1"], "a purge leaves no trace that hides them");
    assert!(it.keys_are_distinct("alice").await);
}

pub async fn what_was_deleted_comes_back_by_a_certainly_later_report_alone(open: &dyn Open) {
    let it = Harness::of(open).await;
    it.register("c1", "alice").await;
    it.deliver(delivery("k1", "c1", vec![transaction("t1", "-1"), deletion("t1")])).await;
    // Neither has a time: the report may be a delayed one.
    it.deliver(delivery("k2", "c1", vec![transaction("t1", "-1")])).await;
    assert!(it.transactions("alice").await.is_empty());
    it.deliver(delivery("k3", "c1", vec![transaction("t2", "-2").versioned(1_000)])).await;
    it.deliver(delivery("k4", "c1", vec![deletion("t2").versioned(2_000)])).await;
    it.deliver(delivery("k5", "c1", vec![transaction("t2", "-2").versioned(2_000)])).await;
    assert!(it.transactions("alice").await.is_empty());
    it.deliver(delivery("k6", "c1", vec![transaction("t2", "-2").versioned(2_001)])).await;
    assert_eq!(it.transactions("alice").await, ["t2 -2"]);
    // Only the transaction has a version.
    it.deliver(delivery("k7", "c1", vec![deletion("t2")])).await;
    it.deliver(delivery("k8", "c1", vec![transaction("t2", "-2").versioned(3_000)])).await;
    assert!(it.transactions("alice").await.is_empty());
}

pub async fn an_account_over_another_connection_reuses_no_key_of_a_purge(open: &dyn Open) {
    let it = Harness::of(open).await;
    it.register("c1", "alice").await;
    it.register("c2", "alice").await;
    let many = (0..600).map(|number| transaction(&format!("t{number}"), "-1")).collect();
    it.deliver(delivery("k1", "c1", many)).await;
    it.remove("c1", true).await;
    it.deliver(delivery("k2", "c2", vec![transaction("t1", "-2")])).await;
    it.settle().await;
    assert_eq!(it.transactions("alice").await, ["t1 -2"]);
    assert!(it.keys_are_distinct("alice").await);
}

pub async fn a_pushed_deletion_leaves_a_removed_connection_removed(open: &dyn Open) {
    let it = Harness::of(open).await;
    it.register("c1", "alice").await;
    it.deliver(delivery("k1", "c1", vec![transaction("t1", "-1"), transaction("t2", "-2")])).await;
    it.remove("c1", false).await;
    let pushed = NewDelivery { register: Some("alice".to_owned()), ..delivery("k2", "c1", vec![deletion("t1")]) };
    assert_eq!(it.deliver(pushed).await, Recorded::Applied(Changed { new: 0, updated: 1 }));
    assert_eq!(it.transactions("alice").await, ["t2 -2"]);
    assert!(it.store.accounts("alice".to_owned()).await.unwrap().is_empty());
}

pub async fn the_core_app_is_sent_revisions_and_deletions_in_order(open: &dyn Open) {
    let it = Harness::of(open).await;
    it.register("c1", "alice").await;
    it.deliver(delivery("k1", "c1", vec![transaction("t1", "-1"), transaction("t1", "-2"), deletion("t1")])).await;
    let expected = [("basiq:t1", false), ("basiq:t1:2", false), ("basiq:t1:3", true)];
    assert_eq!(it.outgoing("alice").await, expected.map(|(key, is_deletion)| (key.to_owned(), is_deletion)));
}

pub async fn an_account_that_only_a_deletion_names_is_not_shown(open: &dyn Open) {
    let it = Harness::of(open).await;
    it.register("c1", "alice").await;
    it.deliver(delivery("k1", "c1", vec![deletion("t1")])).await;
    assert!(it.store.accounts("alice".to_owned()).await.unwrap().is_empty());
    it.deliver(delivery("k2", "c1", vec![transaction("t1", "-1"), transaction("t2", "-2")])).await;
    assert_eq!(it.transactions("alice").await, ["t2 -2"]);
    assert_eq!(it.store.accounts("alice".to_owned()).await.unwrap().len(), 1);
}

pub async fn a_connection_is_one_users(open: &dyn Open) {
    let it = Harness::of(open).await;
    it.register("c1", "alice").await;
    let request = ConnectionRequest { user_id: "bob".to_owned(), ..ConnectionRequest::default() };
    let taken = it.store.put_connection(connector(), "c1".to_owned(), request, it.now()).await;
    assert!(matches!(taken, Err(Error::Conflict(_))));
    let bobs = Some("bob".to_owned());
    let removed = it.store.delete_connection(CONNECTOR.to_owned(), "c1".to_owned(), bobs, false, it.now()).await;
    assert!(matches!(removed, Err(Error::NotFound)));
}

pub async fn balances_are_reported_when_they_change(open: &dyn Open) {
    let it = Harness::of(open).await;
    it.register("c1", "alice").await;
    for (key, amount) in [("k1", "100.00"), ("k2", "100.00"), ("k3", "99.99")] {
        it.deliver(delivery(key, "c1", vec![balance(amount)])).await;
    }
    assert_eq!(it.events("alice", 1).await, ["balance:updated", "balance:updated"]);
    let summary = it.store.summary("alice".to_owned(), it.now()).await.unwrap();
    assert_eq!(summary.currencies[0].balance.to_string(), "99.99");
}

pub async fn the_epoch_is_the_databases_and_outlives_the_process(open: &dyn Open) {
    let first = Harness::of(open).await;
    let epoch = first.store.epoch().to_owned();
    assert!(!epoch.is_empty());
    first.store.close().await;
    drop(first);
    assert_eq!(Harness::of(open).await.store.epoch(), epoch);
}

pub async fn events_of_several_users_are_read_together_as_each_users_own(open: &dyn Open) {
    let it = Harness::of(open).await;
    for (user_id, count) in [("alice", 3), ("bob", 5), ("carol", 0)] {
        it.register(user_id, user_id).await;
        for number in 0..count {
            let id = format!("{user_id}-{number}");
            it.deliver(delivery(&id, user_id, vec![transaction(&id, "-1")])).await;
        }
    }
    let text = |events: Vec<FeedEvent>| -> Vec<String> {
        events.iter().map(|e| format!("{} {} {} {}", e.user_id, e.seq, e.name, e.payload.get())).collect()
    };
    let users = [("carol", 1), ("bob", 2), ("nobody", 0), ("alice", 0)].map(|(user_id, after)| (user_id.into(), after));
    let together = it.store.events_of_users(users.to_vec(), 3).await.unwrap();
    let mut each = vec![];
    for (user_id, after) in users {
        each.extend(it.store.events_after(user_id, after, 3).await.unwrap());
    }
    assert_eq!(each.iter().map(|event| event.seq).collect::<Vec<_>>(), [3, 4, 5, 1, 2, 3]);
    assert_eq!(text(together), text(each));
    assert!(it.store.events_of_users(vec![], 3).await.unwrap().is_empty());
}
