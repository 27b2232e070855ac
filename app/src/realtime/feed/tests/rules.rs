//! The list, rule by rule.

use wire::api::{Snapshot, TransactionsPage};
use wire::events::{BalanceUpdated, SyncComplete, SyncStats};
use wire::{Currency, PrimaryType, Transaction};

use crate::realtime::event::FeedEvent;
use crate::realtime::feed::samples::{deleted, new, snapshot, stamp, stored_at, transaction, updated};
use crate::realtime::feed::{Feed, Need, News, Older, Outcome};

fn ids(feed: &Feed) -> Vec<String> {
    feed.transactions().iter().map(|it| it.transaction_id.clone()).collect()
}

fn on(day: u32) -> String {
    format!("2026-11-{day:02}T10:00:00Z")
}

fn revised(mut transaction: Transaction, revision: u32) -> Transaction {
    transaction.revision = revision;
    transaction
}

fn gone(seq: u64, id: &str) -> FeedEvent {
    deleted(seq, id, "everyday")
}

fn added(outcome: &Outcome) -> Vec<&str> {
    let added = outcome.news.iter().filter_map(|news| match news {
        News::Added(transaction) => Some(transaction.transaction_id.as_str()),
        _ => None,
    });
    added.collect()
}

#[test]
fn a_new_transaction_stands_where_its_date_belongs() {
    let mut feed = Feed::new(snapshot(2, vec![transaction("a", &on(10), "1"), transaction("c", &on(12), "1")]));
    let outcome = feed.apply(new(3, transaction("b", &on(11), "1")));
    assert_eq!((outcome.changed, added(&outcome)), (true, vec!["b"]));
    assert_eq!((ids(&feed), feed.seq()), (vec!["c".into(), "b".into(), "a".into()], 3));
}

#[test]
fn of_the_same_moment_the_later_event_stands_first() {
    let mut feed = Feed::new(snapshot(0, Vec::new()));
    for (seq, id) in [(1, "first"), (2, "second"), (3, "third")] {
        feed.apply(new(seq, transaction(id, &on(10), "1")));
    }
    assert_eq!(ids(&feed), ["third", "second", "first"]);
}

#[test]
fn a_change_does_not_move_a_transaction_among_those_of_the_same_moment() {
    let rows = ["c", "b", "a"].map(|id| transaction(id, &on(10), "1"));
    let mut feed = Feed::new(snapshot(3, rows.to_vec()));
    feed.apply(updated(4, revised(transaction("c", &on(10), "2"), 2)));
    assert_eq!((ids(&feed), feed.need()), (vec!["c".into(), "b".into(), "a".into()], Need::Nothing));
}

#[test]
fn a_date_that_changes_to_that_of_another_leaves_the_order_to_the_server() {
    let mut feed = Feed::new(snapshot(3, vec![transaction("b", &on(11), "1"), transaction("a", &on(10), "1")]));
    feed.apply(updated(4, revised(transaction("b", &on(10), "1"), 2)));
    assert_eq!(feed.need(), Need::Snapshot);
}

#[test]
fn a_date_that_changes_to_one_that_is_not_loaded_leaves_the_order_to_the_server() {
    let mut feed = Feed::new(first_page(3, vec![transaction("b", &on(11), "1"), transaction("a", &on(10), "1")]));
    feed.apply(updated(4, revised(transaction("b", &on(9), "1"), 2)));
    assert_eq!(feed.need(), Need::Snapshot);
}

#[test]
fn an_event_counts_once() {
    let mut feed = Feed::new(snapshot(0, Vec::new()));
    let event = new(1, transaction("a", &on(10), "1"));
    feed.apply(event.clone());
    assert_eq!(feed.apply(event), Outcome::default());
    assert_eq!(feed.summary().currencies[0].income.to_string(), "1");
}

#[test]
fn an_event_beyond_a_gap_waits() {
    let mut feed = Feed::new(snapshot(4, Vec::new()));
    let waits = Outcome { gap: true, ..Outcome::default() };
    assert_eq!(feed.apply(new(7, transaction("a", &on(10), "1"))), waits);
    assert_eq!((feed.seq(), feed.need(), feed.len()), (4, Need::Events, 0));
}

#[test]
fn a_gap_that_fills_lets_in_what_waited_in_its_order() {
    let mut feed = Feed::new(snapshot(0, Vec::new()));
    let arrived = |feed: &mut Feed, seq: u64| {
        let outcome = feed.apply(new(seq, transaction(&seq.to_string(), &on(10), "1")));
        (added(&outcome).join(" "), outcome.gap)
    };
    let nothing = (String::new(), true);
    assert_eq!([3, 2].map(|seq| arrived(&mut feed, seq)), [nothing.clone(), nothing]);
    assert_eq!(arrived(&mut feed, 1), ("1 2 3".to_owned(), false));
    assert_eq!((feed.seq(), feed.need()), (3, Need::Nothing));
}

#[test]
fn a_change_that_comes_before_the_creation_waits_for_it() {
    let mut feed = Feed::new(snapshot(0, Vec::new()));
    feed.apply(updated(2, revised(transaction("a", &on(10), "-9"), 2)));
    let outcome = feed.apply(new(1, transaction("a", &on(10), "-5")));
    assert_eq!((added(&outcome), outcome.news.len()), (vec!["a"], 2));
    assert_eq!(feed.transactions()[0].amount.to_string(), "-9");
    assert_eq!(feed.summary().currencies[0].expenses.to_string(), "-9");
}

#[test]
fn a_deletion_that_came_early_is_not_undone() {
    let mut feed = Feed::new(snapshot(0, Vec::new()));
    feed.apply(gone(2, "a"));
    feed.apply(new(1, transaction("a", &on(10), "1")));
    assert!(feed.is_empty());
    assert!(feed.summary().currencies[0].income.is_zero());
}

#[test]
fn an_update_moves_the_months_totals() {
    let mut feed = Feed::new(snapshot(1, vec![transaction("a", &on(10), "-5")]));
    feed.apply(updated(2, revised(transaction("a", &on(10), "-7.25"), 2)));
    assert_eq!(feed.summary().currencies[0].expenses.to_fixed(2), "-7.25");
    feed.apply(gone(3, "a"));
    assert!(feed.summary().currencies[0].expenses.is_zero());
}

#[test]
fn a_refund_is_money_in_and_a_transfer_is_neither() {
    let mut feed = Feed::new(snapshot(0, Vec::new()));
    for (seq, primary_type, amount) in [(1, PrimaryType::Expense, "5"), (2, PrimaryType::Transfer, "-70")] {
        feed.apply(new(seq, Transaction { primary_type, ..transaction(amount, &on(10), amount) }));
    }
    let totals = &feed.summary().currencies[0];
    assert_eq!((totals.income.to_string(), totals.expenses.to_string()), ("5".to_owned(), "0".to_owned()));
}

#[test]
fn an_event_of_a_later_month_leaves_the_totals_to_the_server() {
    for (stored, need) in [("2026-11-30T23:59:59.999Z", Need::Nothing), ("2026-12-01T00:00:00Z", Need::Snapshot)] {
        let mut feed = Feed::new(snapshot(0, Vec::new()));
        feed.apply(stored_at(stored, new(1, transaction("a", &on(30), "1"))));
        assert_eq!(feed.need(), need, "{stored}");
    }
}

#[test]
fn a_balance_moves_its_account_and_the_total() {
    let mut feed = Feed::new(snapshot(0, Vec::new()));
    let balance = "120.50".parse().expect("an amount");
    let event = BalanceUpdated::new(stamp(1), "bank".into(), "everyday".into(), Currency::AUD, balance, None);
    assert!(feed.apply(FeedEvent::Balance(event)).changed);
    assert_eq!((feed.accounts()[0].balance, feed.summary().currencies[0].balance), (Some(balance), balance));
}

#[test]
fn what_an_event_does_not_carry_is_reloaded() {
    let elsewhere = Transaction { account_id: "unknown".into(), ..transaction("a", &on(10), "1") };
    let balance = |account: &str, currency| {
        let amount = "1".parse().expect("an amount");
        FeedEvent::Balance(BalanceUpdated::new(stamp(1), "bank".into(), account.into(), currency, amount, None))
    };
    for event in [
        new(1, elsewhere),
        updated(1, revised(transaction("a", &on(10), "1"), 2)),
        new(1, Transaction { currency: Currency::USD, ..transaction("a", &on(10), "1") }),
        gone(1, "a"),
        balance("unknown", Currency::AUD),
        balance("everyday", Currency::USD),
        FeedEvent::Sync(SyncComplete::new(stamp(1), "bank".into(), SyncStats::default())),
    ] {
        let mut feed = Feed::new(snapshot(0, Vec::new()));
        feed.apply(event.clone());
        assert_eq!(feed.need(), Need::Snapshot, "{event:?}");
        feed.merge(snapshot(0, Vec::new())).expect("taken");
        assert_eq!(feed.need(), Need::Snapshot, "a snapshot from before: {event:?}");
        feed.merge(snapshot(1, Vec::new())).expect("taken");
        assert_eq!(feed.need(), Need::Nothing, "{event:?}");
    }
}

fn page(cursor: Option<&str>, transactions: Vec<Transaction>) -> TransactionsPage {
    TransactionsPage { success: true, transactions, next_cursor: cursor.map(str::to_owned) }
}

fn first_page(seq: u64, transactions: Vec<Transaction>) -> Snapshot {
    Snapshot { next_cursor: Some("older".to_owned()), ..snapshot(seq, transactions) }
}

fn older(feed: &Feed) -> Older {
    feed.older().expect("there is more")
}

#[test]
fn older_pages_follow_and_do_not_bring_back_what_is_gone() {
    let mut feed = Feed::new(first_page(1, vec![transaction("c", &on(12), "1")]));
    let asked = older(&feed);
    feed.apply(gone(2, "b"));
    assert!(feed.append(&asked, page(None, vec![transaction("b", &on(11), "1"), transaction("a", &on(10), "1")])));
    assert_eq!((ids(&feed), feed.next_cursor()), (vec!["c".into(), "a".into()], None));
}

#[test]
fn a_deletion_is_reported_wherever_it_is() {
    let mut feed = Feed::new(first_page(1, vec![transaction("c", &on(12), "1")]));
    let mut before = feed.removals();
    for event in [gone(2, "older than the list"), gone(3, "c")] {
        assert!(feed.apply(event).changed);
        assert_ne!(std::mem::replace(&mut before, feed.removals()), feed.removals());
    }
    feed.merge(first_page(9, Vec::new())).expect("taken");
    assert_ne!(feed.removals(), before, "it may have been among what was missed");
}

#[test]
fn a_page_that_is_not_the_next_one_is_ignored() {
    let mut feed = Feed::new(first_page(1, vec![transaction("c", &on(12), "1")]));
    let asked = older(&feed);
    assert!(feed.append(&asked, page(Some("oldest"), vec![transaction("b", &on(11), "1")])));
    assert!(!feed.append(&asked, page(None, vec![transaction("a", &on(10), "1")])));
    assert_eq!(feed.len(), 2);
}

#[test]
fn a_page_from_before_a_reload_is_ignored_though_it_begins_at_the_same_place() {
    let newest = transaction("c", &on(12), "1");
    let mut feed = Feed::new(first_page(1, vec![newest.clone()]));
    let asked = older(&feed);
    feed.merge(first_page(2, vec![newest])).expect("taken");
    assert!(!feed.append(&asked, page(None, vec![transaction("a", &on(10), "1")])));
}

#[test]
fn a_page_that_knows_more_than_the_events_does_not_count_twice() {
    let mut feed = Feed::new(first_page(1, vec![transaction("c", &on(12), "1")]));
    feed.append(&older(&feed), page(None, vec![transaction("a", &on(10), "1")]));
    let outcome = feed.apply(new(2, transaction("a", &on(10), "1")));
    assert_eq!((added(&outcome), feed.len(), feed.need()), (vec!["a"], 2, Need::Snapshot));
}

#[test]
fn a_reload_without_a_gap_keeps_the_older_pages() {
    let newest = transaction("c", &on(12), "1");
    let mut feed = Feed::new(first_page(1, vec![newest.clone()]));
    feed.append(&older(&feed), page(Some("oldest"), vec![transaction("a", &on(10), "1")]));
    let reloaded = first_page(1, vec![newest]);
    assert_eq!(feed.lacking(&reloaded), 0);
    feed.merge(reloaded).expect("taken");
    assert_eq!((ids(&feed), feed.next_cursor()), (vec!["c".into(), "a".into()], Some("oldest")));
}

#[test]
fn a_reload_after_a_gap_has_to_reach_as_far_back_as_the_list() {
    let [a, b, c, d] = ["a", "b", "c", "d"].map(|id| transaction(id, &on(if id == "a" { 10 } else { 12 }), "1"));
    let mut feed = Feed::new(first_page(1, vec![c.clone()]));
    feed.append(&older(&feed), page(Some("oldest"), vec![b.clone(), a.clone()]));
    // A transaction that an event added beyond the loaded range does not count.
    feed.apply(new(2, transaction("old", "2020-01-01T10:00:00Z", "1")));
    let mut reloaded = first_page(4, vec![d, c]);
    assert_eq!(feed.lacking(&reloaded), 2, "of the same moment as the last one counts as well");
    reloaded.transactions.extend([b, a]);
    assert_eq!(feed.lacking(&reloaded), 0);
    feed.merge(reloaded).expect("taken");
    assert_eq!((ids(&feed).concat(), feed.next_cursor()), ("dcba".to_owned(), Some("older")));
}

#[test]
fn a_snapshot_that_is_a_little_late_loses_no_event() {
    let mut feed = Feed::new(snapshot(1, vec![transaction("a", &on(10), "1")]));
    feed.apply(new(2, transaction("b", &on(11), "2")));
    let merged = feed.merge(snapshot(1, vec![transaction("a", &on(10), "1")])).expect("taken");
    assert_eq!((ids(&feed), feed.seq(), merged.news.len()), (vec!["b".into(), "a".into()], 2, 0));
    assert_eq!(feed.summary().currencies[0].income.to_string(), "3");
}
