//! Transactions whose ids change, above all when a pending one is posted.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use ledger::{Change, Context, Dirty, State, StoredTransaction, TransactionState, Update, apply};
use proptest::prelude::*;
use proptest::sample::Index;
use wire::TransactionStatus;

fn registered() -> State {
    ledger::register(&Context::example(), State::default(), None, &[]).state
}

/// The state after another delivery, and its events as `name id`.
fn then(state: State, arrival: i64, change: Change) -> (State, Vec<String>) {
    in_context(Context { arrival, ..Context::example() }, state, change)
}

fn in_context(context: Context<'_>, state: State, change: Change) -> (State, Vec<String>) {
    let plan = apply(&context, state, &[change]);
    let told = plan.events.iter().map(|event| {
        let payload: serde_json::Value = serde_json::from_str(event.payload.get()).unwrap();
        let id = payload["transaction"]["transactionId"].as_str().or(payload["transactionId"].as_str());
        format!("{} {}", event.name.as_str(), id.unwrap())
    });
    let told = told.collect();
    (plan.state, told)
}

fn pending(id: &str, amount: &str) -> Change {
    of(id, None, amount, TransactionStatus::Pending)
}

fn posted(id: &str, predecessor: &str, amount: &str) -> Change {
    of(id, Some(predecessor), amount, TransactionStatus::Posted)
}

fn of(id: &str, predecessor: Option<&str>, amount: &str, status: TransactionStatus) -> Change {
    let mut change = Change::example(id, amount);
    if let Update::Transaction(new) = &mut change.update {
        (new.predecessor, new.status) = (predecessor.map(str::to_owned), Some(status));
    }
    change
}

fn deletion(id: &str) -> Change {
    let update = Update::TransactionDeleted { transaction_id: id.to_owned(), account_id: "acc-1".to_owned() };
    Change { version: None, update }
}

/// The only transaction.
fn only(state: &State) -> &StoredTransaction {
    let mut live = state.transactions.values().filter_map(|state| match state {
        TransactionState::Live(stored) => Some(stored),
        TransactionState::Deleted(_) => None,
    });
    let only = live.next().unwrap();
    assert!(live.next().is_none());
    only
}

/// `p1` was pending and is posted as `p2`.
fn replaced() -> State {
    let (state, told) = then(registered(), 1, pending("p1", "-10"));
    assert_eq!(told, ["transaction:new p1"]);
    let (state, told) = then(state, 2, posted("p2", "p1", "-12"));
    assert_eq!(told, ["transaction:updated p1"]);
    state
}

#[test]
fn a_posted_transaction_keeps_the_id_of_the_pending_one_that_it_names() {
    let state = replaced();
    let stored = only(&state);
    assert_eq!((stored.transaction.transaction_id.as_str(), stored.provider_id()), ("p1", "p2"));
    assert_eq!((stored.transaction.amount.to_string().as_str(), stored.transaction.revision), ("-12", 2));
    let payload = serde_json::to_string(&stored.transaction).unwrap();
    assert!(payload.contains(r#""transactionId":"p1","providerTransactionId":"p2""#), "{payload}");
}

#[test]
fn an_id_that_changed_alone_is_neither_an_event_nor_a_revision() {
    let (mut state, _) = then(registered(), 1, pending("p1", "-10"));
    for stored in state.transactions.values_mut() {
        if let TransactionState::Live(stored) = stored {
            stored.dirty = Dirty::No;
        }
    }
    let plan = apply(&Context::example(), state, &[of("p2", Some("p1"), "-10", TransactionStatus::Pending)]);
    assert!(plan.events.is_empty() && plan.outgoing.is_empty());
    let stored = only(&plan.state);
    assert_eq!((stored.provider_id(), stored.transaction.revision, stored.dirty), ("p2", 1, Dirty::Changed));
    let (state, told) = then(plan.state, 3, posted("p3", "p2", "-10"));
    assert_eq!((told.as_slice(), only(&state).provider_id()), (&["transaction:updated p1".to_owned()][..], "p3"));
}

#[test]
fn the_newest_id_names_the_transaction() {
    let mut change = posted("p2", "p1", "-13");
    if let Update::Transaction(new) = &mut change.update {
        new.predecessor = None;
    }
    let (state, told) = then(replaced(), 3, change);
    assert_eq!(told, ["transaction:updated p1"]);
    assert_eq!(only(&state).provider_id(), "p2");
    let (_, told) = then(state, 4, deletion("p2"));
    assert_eq!(told, ["transaction:deleted p1"]);
}

#[test]
fn a_late_report_of_the_pending_one_changes_nothing() {
    for late in [pending("p1", "-10"), deletion("p1"), pending("p1", "-10").versioned(1_000)] {
        let (state, told) = then(replaced(), 3, late);
        assert!(told.is_empty(), "{told:?}");
        assert_eq!(only(&state).provider_id(), "p2");
    }
}

#[test]
fn a_service_that_pushes_names_it_by_its_first_id() {
    let context = Context { is_pushed: true, arrival: 3, ..Context::example() };
    let (state, told) = in_context(context, replaced(), pending("p1", "-14"));
    assert_eq!(told, ["transaction:updated p1"]);
    assert_eq!(only(&state).provider_id(), "p2", "the provider's id is the provider's");
    let (_, told) = in_context(context, state, deletion("p1"));
    assert_eq!(told, ["transaction:deleted p1"]);
}

#[test]
fn a_later_version_under_the_first_id_counts_and_the_newest_id_stays() {
    let (state, told) = then(replaced(), 3, pending("p1", "-11").versioned(2_000));
    assert!(told.is_empty(), "nothing says that it is later");
    let at = |change: Change, version| change.versioned(version);
    let (state, _) = then(state, 4, at(posted("p2", "p1", "-13"), 3_000));
    let (state, told) = then(state, 5, at(of("p1", None, "-14", TransactionStatus::Posted), 4_000));
    assert_eq!((told.as_slice(), only(&state).provider_id()), (&["transaction:updated p1".to_owned()][..], "p2"));
}

#[test]
fn a_late_report_under_an_id_between_the_first_and_the_newest_changes_nothing() {
    let (state, _) = then(replaced(), 3, posted("p3", "p2", "-13"));
    for late in [posted("p2", "p1", "-12"), of("p2", None, "-12", TransactionStatus::Posted), deletion("p2")] {
        let (state, told) = then(state.clone(), 4, late);
        assert!(told.is_empty(), "{told:?}");
        assert_eq!((only(&state).provider_id(), only(&state).transaction.revision), ("p3", 3));
    }
}

#[test]
fn a_successor_that_is_older_than_the_deletion_of_the_pending_one_stays_untold() {
    let (state, _) = then(registered(), 1, pending("p1", "-10").versioned(1_000));
    let (state, _) = then(state, 2, deletion("p1").versioned(3_000));
    let (state, told) = then(state, 3, posted("p2", "p1", "-12").versioned(2_000));
    assert!(told.is_empty(), "{told:?}");
    let (_, told) = then(state, 4, posted("p2", "p1", "-12").versioned(4_000));
    assert_eq!(told, ["transaction:new p2"]);
}

#[test]
fn what_was_deleted_comes_back_under_neither_id() {
    let (state, _) = then(replaced(), 3, deletion("p2"));
    for late in [pending("p1", "-10"), posted("p2", "p1", "-12")] {
        let (_, told) = then(state.clone(), 4, late);
        assert!(told.is_empty(), "{told:?}");
    }
}

#[test]
fn a_posted_transaction_that_comes_first_keeps_the_pending_one_from_being_told() {
    let (state, told) = then(registered(), 1, posted("p2", "p1", "-12"));
    assert_eq!(told, ["transaction:new p2"]);
    let (state, told) = then(state, 2, pending("p1", "-10"));
    assert!(told.is_empty(), "{told:?}");
    assert_eq!(only(&state).provider_id(), "p2");
}

#[test]
fn of_two_that_were_reported_before_they_were_linked_the_pending_one_goes() {
    let (state, _) = then(registered(), 1, pending("p1", "-10"));
    let (state, _) = then(state, 2, of("p2", None, "-12", TransactionStatus::Posted));
    let (state, told) = then(state, 3, posted("p2", "p1", "-12"));
    assert_eq!(told, ["transaction:deleted p1"]);
    assert_eq!(only(&state).provider_id(), "p2");
}

#[test]
fn a_deletion_that_comes_before_the_posted_transaction_is_of_the_pending_one_as_well() {
    let (state, _) = then(registered(), 1, pending("p1", "-10"));
    let (state, _) = then(state, 2, deletion("p2"));
    let (_, told) = then(state, 3, posted("p2", "p1", "-12"));
    assert_eq!(told, ["transaction:deleted p1"]);
}

#[test]
fn what_a_provider_lists_is_there_again_unless_a_delivery_has_deleted_it_since() {
    let (state, _) = then(registered(), 1, pending("p1", "-10"));
    let (state, _) = then(state, 5, deletion("p1"));
    let fetched = |arrival| Context { arrival, is_fetched: true, ..Context::example() };
    let (_, told) = in_context(fetched(4), state.clone(), pending("p1", "-10"));
    assert!(told.is_empty(), "the deletion arrived after the run began");
    let (state, told) = in_context(fetched(5), state, pending("p1", "-10"));
    assert_eq!(told, ["transaction:new p1"]);
    assert_eq!(only(&state).transaction.revision, 3);
    let (state, _) = then(state, 6, deletion("p1").versioned(2_000));
    let (_, told) = in_context(fetched(7), state, pending("p1", "-10").versioned(1_000));
    assert!(told.is_empty(), "the list has it as it was before it was deleted");
}

/// The reports of a purchase with several ids in succession, in the order in which they were made.
fn reports(lives: &[u8], is_deleted: bool) -> Vec<Change> {
    let mut reports = vec![];
    for (id, count) in lives.iter().enumerate() {
        let predecessor = id.checked_sub(1).map(|before| format!("p{before}"));
        let is_last = id + 1 == lives.len();
        let status = if is_last { TransactionStatus::Posted } else { TransactionStatus::Pending };
        for _ in 0..*count {
            let amount = format!("-{}", reports.len() + 1);
            reports.push(of(&format!("p{id}"), predecessor.as_deref(), &amount, status));
        }
    }
    if is_deleted {
        reports.push(deletion(&format!("p{}", lives.len() - 1)));
    }
    reports.into_iter().zip(1_000..).map(|(change, version)| change.versioned(version)).collect()
}

proptest! {
    #[test]
    fn in_any_order_of_arrival_a_purchase_ends_as_one_transaction(
        lives in proptest::collection::vec(1_u8..3, 1..5),
        is_deleted in any::<bool>(),
        order in proptest::collection::vec(any::<Index>(), 12),
    ) {
        let mut left = reports(&lives, is_deleted);
        let newest = (lives.iter().map(|count| usize::from(*count)).sum::<usize>()).to_string();
        let (mut state, mut arrival) = (registered(), 0);
        for index in order.iter().cycle().take(left.len()) {
            arrival += 1;
            (state, _) = then(state, arrival, left.remove(index.index(left.len())));
        }
        for again in reports(&lives, is_deleted) {
            arrival += 1;
            let told;
            (state, told) = then(state, arrival, again);
            prop_assert!(told.is_empty(), "{told:?}");
        }
        let live: Vec<_> = state.transactions.values().filter_map(|state| match state {
            TransactionState::Live(stored) => Some(stored.transaction.amount.to_string()),
            TransactionState::Deleted(_) => None,
        }).collect();
        prop_assert_eq!(live, if is_deleted { vec![] } else { vec![format!("-{newest}")] });
    }

    #[test]
    fn in_the_order_in_which_it_happened_a_purchase_is_new_once(
        lives in proptest::collection::vec(1_u8..3, 1..5),
    ) {
        let mut told = vec![];
        let mut state = registered();
        for (report, arrival) in reports(&lives, false).into_iter().zip(1..) {
            let events;
            (state, events) = then(state, arrival, report);
            told.extend(events);
        }
        prop_assert_eq!(told.iter().filter(|event| event.starts_with("transaction:new")).count(), 1);
        prop_assert!(told.iter().all(|event| event.ends_with(" p0")));
    }
}
