//! The promises of every store about syncs.
//!
//! Owns the promises, each a sentence. Must not know which store it tests.

use std::collections::HashSet;
use std::sync::Arc;

use connectors::Wanted;
use connectors::fetch::Absence;
use jiff::{SignedDuration, Timestamp};
use ledger::{Change, Update};
use server::clock::rfc3339;
use server::store::{
    AppliedPage, BegunSync, Changed, Content, DueSync, Error, FinishedSync, NewDelivery, ProviderKey, Recorded,
    SyncError, SyncErrorKind, SyncKey, SyncPage, SyncRequest, Urgency,
};
use wire::TransactionStatus;
use wire::events::SyncStats;

use crate::changes::{CONNECTOR, connector, delivery, transaction};
use crate::harness::{Harness, Open};

/// How long after a complete run the next one is due.
const HOUR: SignedDuration = SignedDuration::from_hours(1);

fn record(id: &str) -> SyncRequest {
    Wanted::Record { kind: "expense".to_owned(), id: id.to_owned() }.into()
}

fn pending(id: &str, amount: &str) -> Change {
    with_status(transaction(id, amount), TransactionStatus::Pending)
}

fn posted(id: &str, amount: &str) -> Change {
    with_status(transaction(id, amount), TransactionStatus::Posted)
}

fn with_status(mut change: Change, status: TransactionStatus) -> Change {
    if let Update::Transaction(new) = &mut change.update {
        new.status = Some(status);
    }
    change
}

/// A delivery that says only that something changed.
fn notification(key: &str, request: SyncRequest) -> NewDelivery {
    let content = Content::Fetch { connection_id: "c1".to_owned(), request };
    NewDelivery { content, ..delivery(key, "c1", vec![]) }
}

/// A run as the sync worker does it.
struct Run<'a> {
    it: &'a Harness,
    key: SyncKey,
    begun: BegunSync,
    named: Arc<HashSet<i64>>,
    added: HashSet<i64>,
    withdrawn: HashSet<i64>,
    held_back: Vec<Change>,
    new: u32,
}

impl<'a> Run<'a> {
    async fn begin(it: &'a Harness, key: &SyncKey) -> Self {
        let begun = it.store.begin_sync(key.clone()).await.unwrap();
        Self {
            it,
            key: key.clone(),
            begun,
            named: Arc::default(),
            added: HashSet::new(),
            withdrawn: HashSet::new(),
            held_back: vec![],
            new: 0,
        }
    }

    async fn try_page(&mut self, changes: Vec<Change>) -> Result<(), Error> {
        let page = SyncPage { changes, arrival: self.begun.arrival, named: Arc::clone(&self.named) };
        let applied = self.it.store.apply_page(self.key.clone(), connector(), page, self.it.now()).await?;
        let AppliedPage { named, added, held_back, changed } = applied;
        Arc::make_mut(&mut self.named).extend(named);
        self.added.extend(added);
        self.held_back.extend(held_back);
        self.new += changed.new;
        Ok(())
    }

    async fn page(mut self, changes: Vec<Change>) -> Self {
        self.try_page(changes).await.unwrap();
        self
    }

    async fn try_end(self, absence: Absence, cursor: &str) -> Result<SyncStats, Error> {
        let now = self.it.now();
        let finished = FinishedSync {
            arrival: self.begun.arrival,
            named: self.named,
            withdrawn: self.withdrawn,
            held_back: self.held_back,
            absence,
            cursor: Some(cursor.to_owned()),
            new_transactions: self.new,
            rejected: None,
            due: now + HOUR,
        };
        self.it.store.finish_sync(self.key, connector(), finished, now).await
    }

    async fn end(self, absence: Absence) -> SyncStats {
        self.try_end(absence, "cursor").await.unwrap()
    }
}

/// A store with a registered connection that is due.
async fn requested(open: &dyn Open) -> Harness {
    let it = Harness::of(open).await;
    it.register("c1", "alice").await;
    request(&it, "c1", SyncRequest::Everything, Urgency::AfterPause).await;
    it
}

async fn request(it: &Harness, connection_id: &str, request: SyncRequest, urgency: Urgency) {
    let (connector_id, connection_id) = (CONNECTOR.to_owned(), connection_id.to_owned());
    it.store.request_sync(connector_id, connection_id, request, urgency, it.now()).await.unwrap();
}

async fn due_at(it: &Harness, now: Timestamp) -> Vec<DueSync> {
    it.store.due_syncs(now, 10).await.unwrap()
}

/// The only connection that is due.
async fn only_due(it: &Harness) -> DueSync {
    // The clock of a reopened store begins anew.
    let mut due = due_at(it, it.now() + SignedDuration::from_secs(1)).await;
    assert_eq!(due.len(), 1, "{due:?}");
    due.remove(0)
}

async fn fail(it: &Harness, key: &SyncKey, kind: SyncErrorKind, pause: SignedDuration) -> Result<(), Error> {
    let now = it.now();
    let error = SyncError { kind, reason: "it answered 503".to_owned(), at: rfc3339(now) };
    it.store.fail_sync(key.clone(), connector(), error, now + pause, now).await
}

pub async fn however_many_requests_come_a_connection_is_asked_once(open: &dyn Open) {
    let it = Harness::of(open).await;
    it.register("c1", "alice").await;
    for (key, id) in [("k1", "e1"), ("k2", "e2"), ("k3", "e1")] {
        let recorded = it.deliver(notification(key, record(id))).await;
        assert_eq!(recorded, Recorded::Applied(Changed::default()));
    }
    let due = only_due(&it).await;
    assert_eq!((due.user_id.as_str(), due.cursor, due.attempts), ("alice", None, 0));
    let run = Run::begin(&it, &due.key).await;
    assert_eq!(run.begun.request, record("e1").and(record("e2")));
    run.end(Absence::MeansNothing).await;
    assert!(due_at(&it, it.now()).await.is_empty());
    assert_eq!(it.deliver(notification("k1", record("e1"))).await, Recorded::Duplicate);
    assert!(due_at(&it, it.now()).await.is_empty(), "a duplicate asks for nothing");
    // A run that only the schedule begins requests everything.
    let due = due_at(&it, it.now() + HOUR).await;
    assert_eq!(Run::begin(&it, &due[0].key).await.begun.request, SyncRequest::Everything);
}

pub async fn a_request_during_a_run_is_for_one_more_run(open: &dyn Open) {
    let it = requested(open).await;
    let key = only_due(&it).await.key;
    let run = Run::begin(&it, &key).await;
    for id in ["e1", "e2"] {
        request(&it, "c1", record(id), Urgency::AfterPause).await;
    }
    assert_eq!(run.begun.request, SyncRequest::Everything);
    run.end(Absence::MeansNothing).await;
    let again = Run::begin(&it, &only_due(&it).await.key).await;
    assert_eq!(again.begun.request, record("e1").and(record("e2")));
    again.end(Absence::MeansNothing).await;
    assert!(due_at(&it, it.now()).await.is_empty());
}

pub async fn a_run_that_was_cut_off_begins_again_after_a_restart(open: &dyn Open) {
    let it = Harness::of(open).await;
    it.register("c1", "alice").await;
    request(&it, "c1", record("e1"), Urgency::AfterPause).await;
    Run::begin(&it, &only_due(&it).await.key).await.page(vec![posted("t1", "-1")]).await;
    request(&it, "c1", record("e2"), Urgency::AfterPause).await;
    it.store.close().await;
    drop(it);
    let it = Harness::of(open).await;
    let run = Run::begin(&it, &only_due(&it).await.key).await;
    assert_eq!(run.begun.request, record("e1").and(record("e2")), "what it was to ask for and what came since");
    let stats = run.page(vec![posted("t1", "-1"), posted("t2", "-2")]).await.end(Absence::MeansNothing).await;
    assert_eq!(stats, SyncStats { total_transactions: 2, new_transactions: 1 });
    assert_eq!(it.transactions("alice").await, ["t2 -2", "t1 -1"]);
    let events = it.events("alice", 0).await;
    assert_eq!(events, ["connection:updated", "transaction:new", "transaction:new", "sync:complete"]);
}

pub async fn a_removed_connections_run_stores_nothing(open: &dyn Open) {
    let it = requested(open).await;
    let key = only_due(&it).await.key;
    let mut cut = Run::begin(&it, &key).await.page(vec![posted("t1", "-1")]).await;
    let ended = Run::begin(&it, &key).await;
    it.remove("c1", true).await;
    it.settle().await;
    let is_gone = |outcome: Result<(), Error>| assert!(matches!(outcome, Err(Error::NotFound)), "{outcome:?}");
    // A new registration is another connection: a run for the former one must not reach the new user.
    for user in [None, Some("bob")] {
        if let Some(user) = user {
            it.register("c1", user).await;
        }
        is_gone(cut.try_page(vec![posted("t2", "-2")]).await);
        is_gone(fail(&it, &key, SyncErrorKind::Consent, HOUR).await);
        is_gone(it.store.begin_sync(key.clone()).await.map(drop));
    }
    is_gone(ended.try_end(Absence::OfPendingMeansGone, "cursor").await.map(drop));
    assert!(it.transactions("alice").await.is_empty() && it.transactions("bob").await.is_empty());
    assert!(due_at(&it, it.now()).await.is_empty());
    assert_eq!(it.events("bob", 0).await, ["connection:updated"], "the registration");
}

pub async fn the_cursor_is_that_of_the_last_complete_run(open: &dyn Open) {
    let it = requested(open).await;
    let due = only_due(&it).await;
    Run::begin(&it, &due.key)
        .await
        .page(vec![posted("t1", "-1")])
        .await
        .try_end(Absence::MeansNothing, "a")
        .await
        .unwrap();
    request(&it, "c1", SyncRequest::Everything, Urgency::AfterPause).await;
    assert_eq!(only_due(&it).await.cursor.as_deref(), Some("a"));
    Run::begin(&it, &due.key).await.page(vec![posted("t2", "-2")]).await;
    fail(&it, &due.key, SyncErrorKind::Temporary, SignedDuration::ZERO).await.unwrap();
    it.store.close().await;
    drop(it);
    let it = Harness::of(open).await;
    let due = only_due(&it).await;
    assert_eq!(due.cursor.as_deref(), Some("a"), "a run that was cut off leaves none");
    let again = Run::begin(&it, &due.key).await.page(vec![posted("t2", "-2"), posted("t3", "-3")]).await;
    again.try_end(Absence::MeansNothing, "b").await.unwrap();
    it.store.close().await;
    drop(it);
    let it = Harness::of(open).await;
    let due = due_at(&it, it.now() + HOUR * 2).await;
    assert_eq!(due[0].cursor.as_deref(), Some("b"));
    assert_eq!(it.transactions("alice").await, ["t3 -3", "t2 -2", "t1 -1"]);
}

pub async fn a_failed_run_is_tried_again_when_it_is_due_and_a_complete_one_forgets_the_failures(open: &dyn Open) {
    let it = requested(open).await;
    let key = only_due(&it).await.key;
    Run::begin(&it, &key).await;
    for attempts in 1..=2 {
        fail(&it, &key, SyncErrorKind::Temporary, HOUR).await.unwrap();
        assert!(due_at(&it, it.now()).await.is_empty());
        assert_eq!(due_at(&it, it.now() + HOUR).await[0].attempts, attempts);
    }
    // Webhooks keep arriving while the provider is down; a user's request does not wait.
    request(&it, "c1", SyncRequest::Everything, Urgency::AfterPause).await;
    assert!(due_at(&it, it.now()).await.is_empty());
    request(&it, "c1", SyncRequest::Everything, Urgency::DespiteFailures).await;
    assert_eq!(only_due(&it).await.attempts, 2);
    Run::begin(&it, &key).await.end(Absence::MeansNothing).await;
    assert!(due_at(&it, it.now()).await.is_empty());
    assert_eq!(due_at(&it, it.now() + HOUR).await[0].attempts, 0);
    // One event for each failure, and one for the recovery.
    let updated = "connection:updated";
    assert_eq!(it.events("alice", 1).await, [updated, updated, updated, "sync:complete"]);
    fail(&it, &key, SyncErrorKind::Consent, HOUR).await.unwrap();
    fail(&it, &key, SyncErrorKind::Consent, HOUR).await.unwrap();
    assert_eq!(it.events("alice", 5).await, [updated, updated]);
}

pub async fn the_longest_waiting_connection_is_asked_first(open: &dyn Open) {
    let it = Harness::of(open).await;
    for id in ["c1", "c2", "c3"] {
        it.register(id, "alice").await;
    }
    for id in ["c2", "c3", "c1", "c2"] {
        request(&it, id, SyncRequest::Everything, Urgency::AfterPause).await;
    }
    let due = due_at(&it, it.now()).await;
    let ids: Vec<_> = due.iter().map(|due| due.key.connection_id.as_str()).collect();
    assert_eq!(ids, ["c2", "c3", "c1"]);
    assert_eq!(it.store.due_syncs(it.now(), 2).await.unwrap().len(), 2);
    assert_eq!(it.store.next_sync(it.now()).await.unwrap(), None, "nothing is due later");
    fail(&it, &due[0].key, SyncErrorKind::Temporary, HOUR * 2).await.unwrap();
    fail(&it, &due[1].key, SyncErrorKind::Temporary, HOUR).await.unwrap();
    let next = it.store.next_sync(it.now()).await.unwrap().unwrap();
    let wait = next - it.now().as_millisecond();
    assert!((3_500_000..=3_600_000).contains(&wait), "{wait}");
    it.remove("c3", false).await;
    let next = it.store.next_sync(it.now()).await.unwrap().unwrap();
    assert!(next - it.now().as_millisecond() > 7_000_000, "a removed connection is not asked");
}

pub async fn what_was_never_asked_is_asked_once_its_connector_can_be(open: &dyn Open) {
    let it = Harness::of(open).await;
    it.register("c1", "alice").await;
    it.store.schedule_syncs(vec!["plaid".to_owned()], it.now()).await.unwrap();
    assert!(due_at(&it, it.now()).await.is_empty());
    it.store.schedule_syncs(vec![CONNECTOR.to_owned()], it.now()).await.unwrap();
    let due = only_due(&it).await;
    Run::begin(&it, &due.key).await.end(Absence::MeansNothing).await;
    it.store.schedule_syncs(vec![CONNECTOR.to_owned()], it.now()).await.unwrap();
    assert!(due_at(&it, it.now()).await.is_empty(), "once");
}

pub async fn the_end_of_a_run_pairs_what_was_held_back_and_deletes_what_is_gone(open: &dyn Open) {
    let it = requested(open).await;
    let key = only_due(&it).await.key;
    let first = vec![pending("p1", "-10"), pending("p2", "-20"), pending("p3", "-30"), posted("t1", "-1")];
    Run::begin(&it, &key).await.page(first).await.end(Absence::OfPendingMeansGone).await;
    let before = it.log("alice", 0).await.len() as u64;
    // -10 is posted, -20 was recreated, -30 is gone, 40 is new, and the posted one is no longer fetched.
    let run = Run::begin(&it, &key).await.page(vec![posted("q1", "-10")]).await;
    assert_eq!(run.held_back.len(), 1, "it may be a pending one");
    let run = run.page(vec![pending("q2", "-20"), pending("q4", "40")]).await;
    assert_eq!(it.transactions("alice").await.len(), 4, "nothing is new before the run is complete");
    let stats = run.end(Absence::OfPendingMeansGone).await;
    assert_eq!(stats, SyncStats { total_transactions: 4, new_transactions: 1 });
    let all = it.all("alice", None).await;
    let mut shown: Vec<_> = all
        .iter()
        .map(|it| {
            let newest = it.provider_transaction_id.as_deref().unwrap_or("-");
            format!("{} {newest} {} {:?}", it.transaction_id, it.amount, it.status.unwrap())
        })
        .collect();
    shown.sort_unstable();
    assert_eq!(shown, ["p1 q1 -10 Posted", "p2 q2 -20 Pending", "q4 - 40 Pending", "t1 - -1 Posted"]);
    let mut events = it.events("alice", before).await;
    assert_eq!(events.pop(), Some("sync:complete"));
    events.sort_unstable();
    assert_eq!(events, ["transaction:deleted", "transaction:new", "transaction:updated"]);
}

pub async fn what_a_run_told_before_it_began_again_goes_where_it_is_not_listed_any_more(open: &dyn Open) {
    let it = requested(open).await;
    let key = only_due(&it).await.key;
    it.deliver(delivery("k1", "c1", vec![posted("t1", "-1")])).await;
    let mut run = Run::begin(&it, &key).await.page(vec![pending("p1", "-10"), pending("p2", "-20")]).await;
    run.withdrawn = run.added.drain().collect();
    run.named = Arc::default();
    // The provider reports unlisted transactions as gone if it had reported them; it had not reported -10.
    let stats = run.page(vec![pending("p2", "-20")]).await.end(Absence::MeansNothing).await;
    assert_eq!(stats, SyncStats { total_transactions: 2, new_transactions: 2 });
    assert_eq!(it.transactions("alice").await, ["p2 -20", "t1 -1"]);
}

pub async fn what_arrives_during_a_run_is_newer_than_the_run(open: &dyn Open) {
    let it = requested(open).await;
    let key = only_due(&it).await.key;
    Run::begin(&it, &key).await.page(vec![posted("t1", "-1")]).await.end(Absence::MeansNothing).await;
    let run = Run::begin(&it, &key).await;
    it.deliver(delivery("k1", "c1", vec![posted("t1", "-2"), pending("p1", "-5")])).await;
    run.page(vec![posted("t1", "-1")]).await.end(Absence::OfPendingMeansGone).await;
    assert_eq!(it.transactions("alice").await, ["p1 -5", "t1 -2"]);
}

pub async fn credentials_are_the_registrations_own(open: &dyn Open) {
    let it = Harness::of(open).await;
    it.register("c1", "alice").await;
    let of = || (CONNECTOR.to_owned(), "c1".to_owned());
    it.store.set_credentials(of().0, of().1, b"sealed".to_vec()).await.unwrap();
    assert!(due_at(&it, it.now() + HOUR).await.is_empty(), "credentials alone ask for nothing");
    request(&it, "c1", SyncRequest::Everything, Urgency::DespiteFailures).await;
    it.store.set_credentials(of().0, of().1, b"renewed".to_vec()).await.unwrap();
    it.store.close().await;
    drop(it);
    let it = Harness::of(open).await;
    assert_eq!(only_due(&it).await.credentials.as_deref(), Some(&b"renewed"[..]));
    assert_eq!(it.store.credentials(of().0, of().1).await.unwrap().as_deref(), Some(&b"renewed"[..]));
    it.remove("c1", false).await;
    assert_eq!(it.store.credentials(of().0, of().1).await.unwrap(), None);
    it.register("c1", "alice").await;
    request(&it, "c1", SyncRequest::Everything, Urgency::AfterPause).await;
    let due = only_due(&it).await;
    assert_eq!((due.credentials, due.cursor), (None, None), "it begins anew");
    assert!(matches!(it.store.set_credentials(of().0, "c9".to_owned(), vec![]).await, Err(Error::NotFound)));
}

pub async fn a_provider_key_is_kept_until_it_ends_and_a_later_one_takes_its_place(open: &dyn Open) {
    let it = Harness::of(open).await;
    let key = |name: &str, bytes: &[u8], until: Timestamp| ProviderKey {
        provider: "plaid".to_owned(),
        name: name.to_owned(),
        bytes: bytes.to_vec(),
        until: until.as_millisecond(),
    };
    let (now, later) = (it.now(), it.now() + HOUR);
    for it_is in [key("one", b"first", later), key("one", b"second", later), key("two", b"short", now + HOUR / 2)] {
        it.store.keep_provider_key(it_is, now).await.unwrap();
    }
    it.store.close().await;
    drop(it);
    let it = Harness::of(open).await;
    let mut kept = it.store.provider_keys(now).await.unwrap();
    kept.sort_by(|one, other| one.name.cmp(&other.name));
    assert_eq!(kept, [key("one", b"second", later), key("two", b"short", now + HOUR / 2)]);
    assert_eq!(it.store.provider_keys(now + HOUR / 2).await.unwrap(), [key("one", b"second", later)]);
    assert!(it.store.provider_keys(later).await.unwrap().is_empty());
}
