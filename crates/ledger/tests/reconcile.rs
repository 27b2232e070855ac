//! The effects of a run's end.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;

use jiff::civil::{Date, date};
use ledger::{
    Absence, Change, Context, Dated, Key, Plan, Remainder, State, Update, When, apply, reconcile, waits_for_end,
};
use wire::{DatePrecision, TransactionStatus};

/// A run that began after the delivery with this number.
fn run(arrival: i64) -> Context<'static> {
    Context { arrival, is_fetched: true, ..Context::example() }
}

fn stored(changes: &[Change]) -> State {
    let registered = ledger::register(&Context::example(), State::default(), None, &[]).state;
    apply(&run(1), registered, changes).state
}

fn transaction(id: &str, amount: &str, status: Option<TransactionStatus>) -> Change {
    let mut change = Change::example(id, amount);
    if let Update::Transaction(new) = &mut change.update {
        new.status = status;
    }
    change
}

fn pending(id: &str, amount: &str) -> Change {
    transaction(id, amount, Some(TransactionStatus::Pending))
}

fn posted(id: &str, amount: &str) -> Change {
    transaction(id, amount, Some(TransactionStatus::Posted))
}

fn of_account(account_id: &str, mut change: Change) -> Change {
    if let Update::Transaction(new) = &mut change.update {
        new.account_id = account_id.to_owned();
    }
    change
}

fn dated(date: &str, precision: DatePrecision, mut change: Change) -> Change {
    if let Update::Transaction(new) = &mut change.update {
        new.date = Dated::At(When { date: date.to_owned(), precision });
    }
    change
}

fn deletion(id: &str) -> Change {
    let update = Update::TransactionDeleted { transaction_id: id.to_owned(), account_id: "acc-1".to_owned() };
    Change { version: None, update }
}

fn keys(ids: &[&str]) -> BTreeSet<Key> {
    ids.iter().map(|id| ("acc-1".to_owned(), (*id).to_owned())).collect()
}

/// The end of a run that has not listed these; then the changes that waited. The events as `name id`.
fn end(state: State, unnamed: &BTreeSet<Key>, held_back: &[Change], absence: Absence) -> (State, Vec<String>) {
    let withdrawn = BTreeSet::new();
    let plan = reconcile(&run(1), state, &Remainder { unnamed, withdrawn: &withdrawn, held_back, absence });
    let Plan { state, events, .. } = apply(&run(1), plan.state, held_back);
    (state, plan.events.into_iter().chain(events).map(|event| told(&event)).collect())
}

fn told(event: &ledger::Event) -> String {
    let payload: serde_json::Value = serde_json::from_str(event.payload.get()).unwrap();
    let id = payload["transaction"]["transactionId"].as_str().or(payload["transactionId"].as_str());
    format!("{} {}", event.name.as_str(), id.unwrap())
}

fn provider_id<'a>(state: &'a State, id: &str) -> &'a str {
    state.live(&("acc-1".to_owned(), id.to_owned())).unwrap().provider_id()
}

#[test]
fn a_pending_transaction_that_is_posted_under_another_id_is_an_update() {
    let state = stored(&[pending("p1", "-10")]);
    let (state, told) = end(state, &keys(&["p1"]), &[posted("x1", "-10")], Absence::OfPendingMeansGone);
    assert_eq!(told, ["transaction:updated p1"]);
    assert_eq!(provider_id(&state, "p1"), "x1");
    let (_, told) = end(state, &keys(&[]), &[posted("x1", "-10")], Absence::OfPendingMeansGone);
    assert!(told.is_empty(), "the next run knows it by its new id");
}

#[test]
fn a_pending_transaction_that_has_another_id_is_no_event() {
    let state = stored(&[pending("p1", "-10"), pending("p2", "-10")]);
    let again = [pending("q1", "-10"), pending("q2", "-10")];
    let (state, told) = end(state, &keys(&["p1", "p2"]), &again, Absence::OfPendingMeansGone);
    assert!(told.is_empty(), "{told:?}");
    let ids: BTreeSet<_> = ["p1", "p2"].map(|id| provider_id(&state, id)).into();
    assert_eq!(ids, BTreeSet::from(["q1", "q2"]));
}

#[test]
fn a_pending_transaction_that_is_gone_is_deleted_and_what_has_waited_is_new() {
    let state = stored(&[pending("p1", "-10"), posted("old", "-1")]);
    let mut other = posted("x1", "-12");
    if let Update::Transaction(new) = &mut other.update {
        new.description = "SOMETHING ELSE".to_owned();
    }
    let unnamed = keys(&["p1", "old"]);
    let (_, told) = end(state.clone(), &unnamed, std::slice::from_ref(&other), Absence::OfPendingMeansGone);
    assert_eq!(told, ["transaction:deleted p1", "transaction:new x1"]);
    let (_, told) = end(state, &unnamed, &[other], Absence::MeansNothing);
    assert_eq!(told, ["transaction:new x1"]);
}

#[test]
fn the_core_app_is_sent_what_the_end_of_a_run_means() {
    let state = stored(&[pending("p1", "-10"), pending("p2", "-20")]);
    let (unnamed, withdrawn) = (keys(&["p1", "p2"]), BTreeSet::new());
    let held_back = [posted("x1", "-10")];
    let remainder = Remainder {
        unnamed: &unnamed,
        withdrawn: &withdrawn,
        held_back: &held_back,
        absence: Absence::OfPendingMeansGone,
    };
    let calls = reconcile(&run(1), state, &remainder).outgoing;
    let calls: Vec<_> =
        calls.iter().map(|call| (call.key.as_str(), matches!(call.call, ledger::Call::Delete(_)))).collect();
    assert_eq!(calls, [("basiq:p1:2", false), ("basiq:p2:2", true)]);
}

#[test]
fn accounts_are_kept_apart() {
    let state = stored(&[pending("p1", "-10")]);
    let elsewhere = [of_account("acc-2", posted("x1", "-10"))];
    let (_, told) = end(state, &keys(&["p1"]), &elsewhere, Absence::OfPendingMeansGone);
    assert_eq!(told, ["transaction:deleted p1", "transaction:new x1"]);
}

#[test]
fn a_row_that_two_pages_repeat_is_one() {
    let state = stored(&[pending("p1", "-10"), pending("p2", "-20")]);
    let pages = [posted("x1", "-10"), posted("x1", "-10")];
    let (_, told) = end(state, &keys(&["p1"]), &pages, Absence::OfPendingMeansGone);
    assert_eq!(told, ["transaction:updated p1"]);
}

#[test]
fn what_is_listed_from_a_day_on_and_is_not_named_is_gone_whatever_its_status() {
    let since = |day: Date| Absence::MeansGoneSince(day);
    let day = |id: &str, day: &str| dated(&format!("{day}T00:00:00Z"), DatePrecision::Day, transaction(id, "-1", None));
    let instant = |id: &str, at: &str| dated(at, DatePrecision::Instant, posted(id, "-1"));
    let changes = [
        day("before", "2026-11-09"),
        day("on it", "2026-11-10"),
        // In some time zone it is still the ninth.
        instant("perhaps before", "2026-11-10T11:59:59Z"),
        instant("after", "2026-11-10T12:00:00Z"),
    ];
    let unnamed = keys(&["before", "on it", "perhaps before", "after"]);
    let (_, told) = end(stored(&changes), &unnamed, &[], since(date(2026, 11, 10)));
    assert_eq!(told, ["transaction:deleted after", "transaction:deleted on it"]);
}

#[test]
fn what_was_reported_since_the_run_began_is_not_for_the_run_to_miss() {
    let state = stored(&[pending("p1", "-10")]);
    let delivery = Context { arrival: 2, ..Context::example() };
    let state = apply(&delivery, state, &[pending("p1", "-10"), pending("p2", "-20")]).state;
    let (_, told) = end(state, &keys(&["p1", "p2"]), &[], Absence::OfPendingMeansGone);
    assert!(told.is_empty(), "{told:?}");
}

#[test]
fn a_pending_transaction_that_the_provider_deletes_may_be_posted_under_another_id() {
    let state = stored(&[pending("p1", "-10"), pending("p2", "-20")]);
    let held_back = [deletion("p1"), deletion("p2"), posted("x1", "-10")];
    let (state, told) = end(state, &keys(&["p1", "p2"]), &held_back, Absence::MeansNothing);
    assert_eq!(told, ["transaction:updated p1", "transaction:deleted p2"]);
    assert_eq!(provider_id(&state, "p1"), "x1");
}

#[test]
fn what_a_run_reported_before_it_began_anew_and_did_not_repeat_is_gone() {
    let state = stored(&[posted("x1", "-10"), posted("x2", "-20")]);
    let (unnamed, withdrawn) = (keys(&["x1", "x2"]), keys(&["x2"]));
    let remainder =
        Remainder { unnamed: &unnamed, withdrawn: &withdrawn, held_back: &[], absence: Absence::MeansNothing };
    let events = reconcile(&run(1), state, &remainder).events;
    assert_eq!(events.iter().map(told).collect::<Vec<_>>(), ["transaction:deleted x2"]);
}

#[test]
fn an_unknown_transaction_waits_while_it_may_be_a_pending_one() {
    let state = stored(&[pending("p1", "-10"), posted("old", "-1")]);
    for unknown in [posted("x1", "-10"), pending("x1", "-10"), of_account("acc-2", posted("x1", "-10"))] {
        assert!(waits_for_end(&state, &unknown, true));
        assert!(!waits_for_end(&state, &unknown, false), "nothing of the account is pending");
    }
    let mut linked = posted("x1", "-10");
    if let Update::Transaction(new) = &mut linked.update {
        new.predecessor = Some("p1".to_owned());
    }
    for at_once in [pending("p1", "-10"), linked, transaction("x1", "-10", None), deletion("old"), deletion("x1")] {
        assert!(!waits_for_end(&state, &at_once, true), "{at_once:?}");
    }
    assert!(waits_for_end(&state, &deletion("p1"), false), "a later page may say what replaces it");
}
