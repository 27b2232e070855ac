//! The promises of a store about the state of a connection.
//!
//! Owns the promises, each a sentence. Must not know which store it tests.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use ledger::{Absence, Change, Update};
use server::clock::rfc3339;
use server::store::{
    Changed, Content, FinishedSync, NewDelivery, Recorded, SyncError, SyncErrorKind, SyncKey, SyncRequest, Urgency,
};
use wire::api::{Connection, ConnectionRequest};

use crate::changes::{CONNECTOR, balance, connector, deletion, delivery, transaction};
use crate::harness::{Harness, Open};

async fn shown(it: &Harness, connection_id: &str) -> Connection {
    it.store.connection(CONNECTOR.to_owned(), connection_id.to_owned()).await.unwrap()
}

/// Requests a run and begins it.
async fn begin(it: &Harness) -> SyncKey {
    let (connector, connection) = (CONNECTOR.to_owned(), "c1".to_owned());
    let request = SyncRequest::Everything;
    it.store.request_sync(connector, connection, request, Urgency::DespiteFailures, it.now()).await.unwrap();
    let later = it.now() + SignedDuration::from_secs(1);
    let key = it.store.due_syncs(later, 1).await.unwrap().remove(0).key;
    it.store.begin_sync(key.clone()).await.unwrap();
    key
}

async fn finish(it: &Harness, key: SyncKey, rejected: Option<&str>, due: Timestamp) {
    let finished = FinishedSync {
        arrival: 1,
        named: Arc::default(),
        withdrawn: HashSet::default(),
        held_back: vec![],
        absence: Absence::MeansNothing,
        cursor: None,
        new_transactions: 0,
        rejected: rejected.map(str::to_owned),
        due,
    };
    it.store.finish_sync(key, connector(), finished, it.now()).await.unwrap();
}

fn error(kind: SyncErrorKind, at: Timestamp) -> SyncError {
    SyncError { kind, reason: "it did not answer in time".to_owned(), at: rfc3339(at) }
}

pub async fn a_connection_says_how_asking_its_provider_went_and_goes_on(open: &dyn Open) {
    let it = Harness::of(open).await;
    it.register("c1", "alice").await;
    let new = shown(&it, "c1").await;
    assert_eq!((new.last_sync_at, new.next_sync_at, new.last_error, new.rejected), (None, None, None, None));

    let key = begin(&it).await;
    let (failed_at, due) = (it.now(), it.now() + SignedDuration::from_secs(90));
    let failure = error(SyncErrorKind::Temporary, failed_at);
    it.store.fail_sync(key, connector(), failure.clone(), due, failed_at).await.unwrap();
    let failed = shown(&it, "c1").await;
    assert_eq!((failed.status.as_str(), failed.last_error, failed.last_sync_at), ("active", Some(failure), None));
    assert_eq!(failed.next_sync_at, Some(rfc3339(due)));

    let key = begin(&it).await;
    let due = it.now() + SignedDuration::from_hours(1);
    finish(&it, key, Some("expense 7: the amount is not a number"), due).await;
    let complete = shown(&it, "c1").await;
    assert_eq!((complete.last_error, complete.next_sync_at), (None, Some(rfc3339(due))));
    assert_eq!(complete.rejected.as_deref(), Some("expense 7: the amount is not a number"));
    assert!(complete.last_sync_at.is_some());
    // If runs begin only on request, there is no next one.
    let key = begin(&it).await;
    finish(&it, key, None, Timestamp::MAX).await;
    let idle = shown(&it, "c1").await;
    assert_eq!((idle.rejected, idle.next_sync_at), (None, None));
    let expected = [
        "connection:updated", // registered
        "connection:updated", // failed
        "connection:updated", // and recovered
        "sync:complete",
        "sync:complete",
    ];
    assert_eq!(it.events("alice", 0).await, expected);
}

pub async fn a_failure_that_needs_the_person_sets_the_status_until_the_next_complete_run(open: &dyn Open) {
    let it = Harness::of(open).await;
    for (kind, status) in [(SyncErrorKind::Consent, "invalid"), (SyncErrorKind::Gone, "deleted")] {
        it.register("c1", "alice").await;
        let key = begin(&it).await;
        it.store.fail_sync(key, connector(), error(kind, it.now()), it.now(), it.now()).await.unwrap();
        assert_eq!(shown(&it, "c1").await.status, status);
        let key = begin(&it).await;
        finish(&it, key, None, Timestamp::MAX).await;
        assert_eq!(shown(&it, "c1").await.status, "active");
    }
}

pub async fn the_last_event_of_a_connection_is_of_its_transactions_or_its_status(open: &dyn Open) {
    let it = Harness::of(open).await;
    it.register("c1", "alice").await;
    it.register("c2", "alice").await;
    let status = || Change { version: None, update: Update::ConnectionStatus("invalid") };
    let mut last = shown(&it, "c1").await.last_event_at;
    assert!(last.is_some(), "it was registered");
    for (key, change, counts) in [
        ("k1", transaction("t1", "-1"), true),
        ("k2", transaction("t1", "-2"), true),
        ("k3", transaction("t1", "-2"), false),
        ("k4", balance("10.00"), false),
        ("k5", status(), true),
        ("k6", status(), false),
        ("k7", deletion("t1"), true),
    ] {
        it.deliver(delivery(key, "c1", vec![change])).await;
        let newest = shown(&it, "c1").await.last_event_at;
        assert_eq!(newest > last, counts, "{key}");
        last = newest;
    }
    let key = begin(&it).await;
    it.store.fail_sync(key, connector(), error(SyncErrorKind::Temporary, it.now()), it.now(), it.now()).await.unwrap();
    let key = begin(&it).await;
    finish(&it, key, None, Timestamp::MAX).await;
    assert_eq!(shown(&it, "c1").await.last_event_at, last, "how it was asked is no event of it");
    assert!(shown(&it, "c2").await.last_event_at < last, "it is of the other connection");
}

pub async fn a_users_connections_are_found_through_one_connector_and_through_all(open: &dyn Open) {
    let it = Harness::of(open).await;
    let other = ledger::Connector { id: "apideck".into(), ..connector() };
    for (connector, connection, user) in [
        (connector(), "c1", "alice"),
        (other.clone(), "c2", "alice"),
        (other, "c3", "bob"),
        (connector(), "c4", "alice"),
    ] {
        let request = ConnectionRequest { user_id: user.to_owned(), ..ConnectionRequest::default() };
        it.store.put_connection(connector, connection.to_owned(), request, it.now()).await.unwrap();
    }
    it.remove("c4", false).await;
    for (connector, user, expected) in [
        (None, Some("alice"), &["c1", "c2"][..]),
        (Some("apideck"), Some("alice"), &["c2"]),
        (Some("apideck"), None, &["c2", "c3"]),
        (None, Some("nobody"), &[]),
    ] {
        let found = it.store.connections(connector.map(str::to_owned), user.map(str::to_owned)).await.unwrap();
        let ids: Vec<_> = found.iter().map(|connection| connection.connection_id.as_str()).collect();
        assert_eq!(ids, expected, "{connector:?} {user:?}");
    }
}

pub async fn the_end_of_a_users_consent_ends_each_connection_of_that_user(open: &dyn Open) {
    let it = Harness::of(open).await;
    let delivery_of_end = |key: &str| NewDelivery {
        content: Content::UserChanges {
            provider_user: "u1".to_owned(),
            changes: vec![Change { version: None, update: Update::ConnectionStatus("revoked") }],
        },
        ..delivery(key, "c1", vec![])
    };
    assert!(matches!(it.deliver(delivery_of_end("k1")).await, Recorded::Kept(_)), "no connection of the user is known");
    for (connection, provider_user) in [("c1", "u1"), ("c2", "u1"), ("c3", "u2")] {
        let request = ConnectionRequest {
            user_id: "alice".to_owned(),
            external_user_id: Some(provider_user.to_owned()),
            ..ConnectionRequest::default()
        };
        it.store.put_connection(connector(), connection.to_owned(), request, it.now()).await.unwrap();
    }
    assert!(matches!(it.deliver(delivery_of_end("k2")).await, Recorded::Applied(_)));
    for (connection, status) in [("c1", "revoked"), ("c2", "revoked"), ("c3", "active")] {
        assert_eq!(shown(&it, connection).await.status, status, "{connection}");
    }
    let told = it.events("alice", 0).await;
    let (registered, ended) = told.split_at(3);
    assert_eq!((registered, ended), (&["connection:updated"; 3][..], &["connection:updated"; 2][..]));
    assert_eq!(it.deliver(delivery_of_end("k2")).await, Recorded::Duplicate);
    // The delivery that was quarantined without a connection can be applied by now, and changes nothing more.
    let entry = it.store.inbox(true, 10).await.unwrap().remove(0);
    let again = it.store.apply_kept(entry.id, delivery_of_end("k1"), it.now()).await.unwrap();
    assert_eq!(again, Recorded::Applied(Changed::default()));
    assert_eq!(it.events("alice", 0).await.len(), 5);
}
