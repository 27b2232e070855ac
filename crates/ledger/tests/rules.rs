//! The rules, one by one.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use ledger::{AccountUpdate, Call, Change, Context, Plan, State, TransactionState, Update, apply};
use wire::TransactionStatus;

fn registered() -> State {
    ledger::register(&Context::example(), State::default(), None, &[]).state
}

/// The state after another delivery, and the names of its events.
fn then(state: State, arrival: i64, changes: &[Change]) -> (State, Vec<&'static str>) {
    let plan = apply(&Context { arrival, ..Context::example() }, state, changes);
    let emitted = plan.events.iter().map(|event| event.name.as_str()).collect();
    (plan.state, emitted)
}

fn with_status(mut change: Change, status: TransactionStatus) -> Change {
    if let Update::Transaction(new) = &mut change.update {
        new.status = Some(status);
    }
    change
}

fn deletion(transaction_id: &str) -> Change {
    let update =
        Update::TransactionDeleted { transaction_id: transaction_id.to_owned(), account_id: "acc-1".to_owned() };
    Change { version: None, update }
}

fn amount(state: &State, transaction_id: &str) -> Option<String> {
    match state.transactions.get(&("acc-1".to_owned(), transaction_id.to_owned()))? {
        TransactionState::Live(stored) => Some(stored.transaction.amount.to_string()),
        TransactionState::Deleted(_) => None,
    }
}

#[test]
fn a_late_report_of_the_pending_state_does_not_undo_the_booking() {
    let posted = with_status(Change::example("t1", "-12.50"), TransactionStatus::Posted).versioned(1_005);
    let pending = with_status(Change::example("t1", "-10.00"), TransactionStatus::Pending).versioned(1_001);
    let (state, emitted) = then(registered(), 1, &[posted]);
    assert_eq!(emitted, ["transaction:new"]);
    let (state, emitted) = then(state, 2, &[pending]);
    assert!(emitted.is_empty());
    assert_eq!(amount(&state, "t1").as_deref(), Some("-12.50"));
}

#[test]
fn of_two_reports_of_the_same_time_the_later_counts_but_a_booking_stays_one() {
    let at = |amount, status| with_status(Change::example("t1", amount), status).versioned(1_000);
    let (state, _) = then(registered(), 1, &[at("-1", TransactionStatus::Pending)]);
    let (state, emitted) = then(state, 2, &[at("-2", TransactionStatus::Posted)]);
    assert_eq!(emitted, ["transaction:updated"]);
    let (state, emitted) = then(state, 3, &[at("-3", TransactionStatus::Pending)]);
    assert!(emitted.is_empty());
    let (state, _) = then(state, 4, &[at("-4", TransactionStatus::Posted)]);
    assert_eq!(amount(&state, "t1").as_deref(), Some("-4"));
}

#[test]
fn without_times_the_order_of_arrival_counts_also_for_what_is_run_again() {
    let (state, _) = then(registered(), 5, &[Change::example("t1", "-5")]);
    let (state, emitted) = then(state, 3, &[Change::example("t1", "-3")]);
    assert!(emitted.is_empty(), "it arrived before what is stored");
    let (state, emitted) = then(state, 6, &[Change::example("t1", "-6")]);
    assert_eq!((emitted.as_slice(), amount(&state, "t1").as_deref()), (&["transaction:updated"][..], Some("-6")));
}

#[test]
fn what_was_deleted_stays_deleted_unless_a_report_is_newer_than_the_deletion() {
    let (state, _) = then(registered(), 1, &[Change::example("t1", "-1").versioned(1_000)]);
    let (state, emitted) = then(state, 2, &[deletion("t1").versioned(2_000)]);
    assert_eq!(emitted, ["transaction:deleted"]);
    for delayed in [Change::example("t1", "-1").versioned(1_500), Change::example("t1", "-1")] {
        let (unchanged, emitted) = then(state.clone(), 3, &[delayed]);
        assert!(emitted.is_empty() && amount(&unchanged, "t1").is_none());
    }
    let plan = apply(&Context::example(), state, &[Change::example("t1", "-2").versioned(3_000)]);
    assert_eq!(plan.events[0].name.as_str(), "transaction:new");
    assert_eq!(plan.outgoing[0].key, "basiq:t1:3", "the core app has seen two revisions of it");
}

#[test]
fn a_late_deletion_deletes_nothing_that_was_reported_since() {
    let (state, _) = then(registered(), 1, &[Change::example("t1", "-1").versioned(2_000)]);
    let (state, emitted) = then(state, 2, &[deletion("t1").versioned(1_000)]);
    assert!(emitted.is_empty() && amount(&state, "t1").is_some());
}

#[test]
fn a_deletion_that_comes_first_is_kept_in_mind() {
    let (state, emitted) = then(registered(), 1, &[deletion("t1").versioned(2_000)]);
    assert!(emitted.is_empty());
    let (state, emitted) = then(state, 2, &[Change::example("t1", "-1").versioned(1_000)]);
    assert!(emitted.is_empty() && amount(&state, "t1").is_none());
}

#[test]
fn the_core_app_is_sent_deletions_under_a_key_of_their_own() {
    let (state, _) = then(registered(), 1, &[Change::example("t1", "-1")]);
    let Plan { outgoing, .. } = apply(&Context { arrival: 2, ..Context::example() }, state, &[deletion("t1")]);
    assert_eq!(outgoing.len(), 1);
    assert_eq!(outgoing[0].key, "basiq:t1:2");
    assert!(matches!(&outgoing[0].call, Call::Delete(gone) if gone.transaction_id == "t1"));
}

fn balance(amount: &str, version: i64) -> Change {
    let update = AccountUpdate {
        account_id: "acc-1".to_owned(),
        balance: Some(amount.parse().unwrap()),
        ..AccountUpdate::default()
    };
    Change { version: Some(version), update: Update::Account(update) }
}

#[test]
fn an_older_balance_never_overwrites_a_newer_one() {
    let (state, emitted) = then(registered(), 1, &[balance("100.00", 2_000)]);
    assert_eq!(emitted, ["balance:updated"]);
    let (state, emitted) = then(state, 2, &[balance("90.00", 1_000)]);
    assert!(emitted.is_empty());
    assert_eq!(state.accounts["acc-1"].balance.value.unwrap().to_string(), "100.00");
    let (_, emitted) = then(state, 3, &[balance("100.00", 3_000)]);
    assert!(emitted.is_empty(), "the same balance is no news");
}

#[test]
fn an_older_status_of_the_connection_never_overwrites_a_newer_one() {
    let status = |word, version| Change { version: Some(version), update: Update::ConnectionStatus(word) };
    let (state, emitted) = then(registered(), 1, &[status("invalid", 2_000)]);
    assert_eq!(emitted, ["connection:updated"]);
    let (state, emitted) = then(state, 2, &[status("active", 1_000)]);
    assert!(emitted.is_empty());
    let (_, emitted) = then(state, 3, &[status("active", 3_000)]);
    assert_eq!(emitted, ["connection:updated"]);
}

#[test]
fn an_account_that_is_linked_again_takes_its_history_along() {
    let (state, _) = then(registered(), 1, &[Change::example("t1", "-1"), Change::example("t2", "-2")]);
    let context = Context { connection_id: "conn-2", arrival: 9, ..Context::example() };
    let plan = ledger::relink(&context, state);
    let emitted: Vec<_> = plan.events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(emitted, ["transaction:updated", "transaction:updated"]);
    let payload: serde_json::Value = serde_json::from_str(plan.events[0].payload.get()).unwrap();
    assert_eq!(payload["transaction"]["connectionId"], "conn-2");
    assert_eq!(payload["previousConnectionId"], "conn-1");
    assert_eq!(payload["transaction"]["revision"], 2);
    assert!(ledger::relink(&context, plan.state).events.is_empty(), "once");
}

#[test]
fn a_currency_comes_from_the_transaction_its_account_or_the_connector() {
    let in_euro = |mut change: Change| {
        if let Update::Transaction(new) = &mut change.update {
            new.currency = Some("EUR".parse().unwrap());
        }
        change
    };
    let currency = |state: &State, id: &str| match &state.transactions[&("acc-1".to_owned(), id.to_owned())] {
        TransactionState::Live(stored) => stored.transaction.currency.to_string(),
        TransactionState::Deleted(_) => panic!("deleted"),
    };
    let (state, _) = then(registered(), 1, &[in_euro(Change::example("t1", "-1")), Change::example("t2", "-1")]);
    assert_eq!((currency(&state, "t1"), currency(&state, "t2")), ("EUR".to_owned(), "EUR".to_owned()));
    let (state, _) = then(registered(), 1, &[Change::example("t1", "-1")]);
    assert_eq!(currency(&state, "t1"), "AUD");
}

#[test]
fn a_purge_reports_every_deletion_to_the_owner_and_the_core_app() {
    let (state, _) = then(registered(), 1, &[Change::example("t1", "-1"), Change::example("t2", "-2")]);
    let plan = ledger::purge(&Context { arrival: 2, ..Context::example() }, state);
    let names: Vec<_> = plan.events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names, ["transaction:deleted", "transaction:deleted"]);
    assert_eq!(plan.outgoing.len(), 2);
    assert!(plan.state.transactions.is_empty());
}

#[test]
fn the_payload_of_an_event_can_be_made_again_from_the_row() {
    let plan = apply(&Context::example(), registered(), &[Change::example("t1", "-12.50")]);
    let event = &plan.events[0];
    let key = event.of_transaction.clone().unwrap();
    let TransactionState::Live(stored) = &plan.state.transactions[&key] else { panic!("deleted") };
    let context = Context::example();
    let again = ledger::transaction_payload(context.epoch, event.seq, context.now, stored.transaction.clone());
    assert_eq!(again.get(), event.payload.get());
}

#[test]
fn an_equal_report_keeps_older_ones_from_replacing_it() {
    let (state, _) = then(registered(), 5, &[Change::example("t1", "-5")]);
    let (state, events) = then(state, 7, &[Change::example("t1", "-5")]);
    assert!(events.is_empty());
    let (state, events) = then(state, 6, &[Change::example("t1", "-6")]);
    assert!(events.is_empty(), "it arrived before the report that confirmed the other amount");
    assert_eq!(amount(&state, "t1").as_deref(), Some("-5"));

    let unversioned = |amount| Change { version: None, ..balance(amount, 0) };
    let (state, _) = then(registered(), 5, &[unversioned("10")]);
    let (state, _) = then(state, 7, &[unversioned("10")]);
    let (state, events) = then(state, 6, &[unversioned("20")]);
    assert!(events.is_empty());
    assert_eq!(state.accounts["acc-1"].balance.value.unwrap().to_string(), "10");
}
