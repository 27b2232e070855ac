//! The feed's rules, one by one and against a model of the database.

use proptest::prelude::*;
use wire::api::{Snapshot, TransactionsPage};
use wire::events::BalanceUpdated;
use wire::{Currency, Transaction};

use super::samples::{deleted, new, snapshot, stamp, transaction, updated};
use super::{Change, Feed, FeedEvent};

fn ids(feed: &Feed) -> Vec<String> {
    feed.transactions().into_iter().map(|it| it.transaction_id).collect()
}

fn on(day: u32) -> String {
    format!("2026-11-{day:02}T10:00:00Z")
}

fn revised(mut transaction: Transaction, revision: u32) -> Transaction {
    transaction.revision = revision;
    transaction
}

#[test]
fn a_new_transaction_stands_where_its_date_belongs() {
    let mut feed = Feed::new(snapshot(2, vec![transaction("a", &on(10), "1"), transaction("c", &on(12), "1")]));
    assert!(matches!(feed.apply(new(3, transaction("b", &on(11), "1"))), Change::Added(_)));
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
fn an_event_counts_once() {
    let mut feed = Feed::new(snapshot(0, Vec::new()));
    let event = new(1, transaction("a", &on(10), "1"));
    feed.apply(event.clone());
    assert_eq!(feed.apply(event), Change::Nothing);
    assert_eq!(feed.summary().currencies[0].income.to_string(), "1");
}

#[test]
fn a_gap_asks_for_a_reload_and_shows_what_is_there() {
    let mut feed = Feed::new(snapshot(4, Vec::new()));
    assert!(matches!(feed.apply(new(7, transaction("a", &on(10), "1"))), Change::Added(_)));
    assert_eq!((feed.seq(), feed.needs_reload(), feed.len()), (4, true, 1));
}

#[test]
fn a_gap_that_fills_needs_no_reload() {
    let mut feed = Feed::new(snapshot(0, Vec::new()));
    for seq in [3, 1, 2] {
        feed.apply(new(seq, transaction(&seq.to_string(), &on(10), "1")));
    }
    assert_eq!((feed.seq(), feed.needs_reload()), (3, false));
}

#[test]
fn an_older_revision_never_replaces_a_newer_one() {
    let mut feed = Feed::new(snapshot(0, Vec::new()));
    feed.apply(updated(2, revised(transaction("a", &on(10), "-9"), 2)));
    assert_eq!(feed.apply(new(1, transaction("a", &on(10), "-5"))), Change::Nothing);
    assert_eq!(feed.transactions()[0].amount.to_string(), "-9");
}

#[test]
fn a_deletion_that_came_early_is_not_undone() {
    let mut feed = Feed::new(snapshot(0, Vec::new()));
    feed.apply(deleted(2, "a"));
    assert_eq!(feed.apply(new(1, transaction("a", &on(10), "1"))), Change::Nothing);
    assert!(feed.is_empty());
}

#[test]
fn an_update_moves_the_months_totals() {
    let mut feed = Feed::new(snapshot(1, vec![transaction("a", &on(10), "-5")]));
    feed.apply(updated(2, revised(transaction("a", &on(10), "-7.25"), 2)));
    assert_eq!(feed.summary().currencies[0].expenses.to_fixed(2), "-7.25");
    feed.apply(deleted(3, "a"));
    assert!(feed.summary().currencies[0].expenses.is_zero());
}

#[test]
fn a_balance_moves_its_account_and_the_total() {
    let mut feed = Feed::new(snapshot(0, Vec::new()));
    let balance = "120.50".parse().expect("an amount");
    let event = BalanceUpdated::new(stamp(1), "bank".into(), "everyday".into(), Currency::AUD, balance, None);
    assert_eq!(feed.apply(FeedEvent::Balance(event)), Change::Balance);
    assert_eq!((feed.accounts()[0].balance, feed.summary().currencies[0].balance), (Some(balance), balance));
}

#[test]
fn the_server_saying_that_there_is_more_asks_for_a_reload() {
    let mut feed = Feed::new(snapshot(4, Vec::new()));
    feed.announce(4);
    assert!(!feed.needs_reload());
    feed.announce(6);
    assert!(feed.needs_reload());
    assert!(feed.merge(snapshot(6, vec![transaction("a", &on(10), "1")])).is_some());
    assert!(!feed.needs_reload());
}

#[test]
fn a_reload_tells_what_happened_in_the_meantime() {
    let kept = transaction("kept", &on(10), "1");
    let mut feed = Feed::new(snapshot(1, vec![kept.clone()]));
    feed.announce(2);
    let merged = feed.merge(snapshot(2, vec![kept, transaction("new", &on(11), "1")])).expect("taken");
    assert_eq!(merged.arrived.iter().map(|it| it.transaction_id.as_str()).collect::<Vec<_>>(), ["new"]);
}

#[test]
fn a_server_that_starts_over_replaces_everything() {
    let mut feed = Feed::new(snapshot(9, vec![transaction("old", &on(10), "1")]));
    feed.announce(1);
    assert!(feed.needs_reload());
    feed.merge(snapshot(1, vec![transaction("b", &on(11), "1")])).expect("taken");
    assert_eq!((ids(&feed), feed.seq(), feed.needs_reload()), (vec!["b".into()], 1, false));
}

fn page(cursor: Option<&str>, transactions: Vec<Transaction>) -> TransactionsPage {
    TransactionsPage { success: true, transactions, next_cursor: cursor.map(str::to_owned) }
}

fn first_page(seq: u64, transactions: Vec<Transaction>) -> Snapshot {
    Snapshot { next_cursor: Some("older".to_owned()), ..snapshot(seq, transactions) }
}

#[test]
fn older_pages_follow_and_do_not_bring_back_what_is_gone() {
    let mut feed = Feed::new(first_page(1, vec![transaction("c", &on(12), "1")]));
    feed.apply(deleted(2, "b"));
    let older = page(None, vec![transaction("b", &on(11), "1"), transaction("a", &on(10), "1")]);
    assert!(feed.append("older", older));
    assert_eq!((ids(&feed), feed.next_cursor()), (vec!["c".into(), "a".into()], None));
}

#[test]
fn a_page_that_is_not_the_next_one_is_ignored() {
    let mut feed = Feed::new(first_page(1, vec![transaction("c", &on(12), "1")]));
    assert!(!feed.append("another", page(None, vec![transaction("a", &on(10), "1")])));
    assert_eq!(feed.len(), 1);
}

#[test]
fn a_reload_without_a_gap_keeps_the_older_pages() {
    let newest = transaction("c", &on(12), "1");
    let mut feed = Feed::new(first_page(1, vec![newest.clone()]));
    feed.append("older", page(Some("oldest"), vec![transaction("a", &on(10), "1")]));
    let merged = feed.merge(first_page(1, vec![newest])).expect("taken");
    assert_eq!((ids(&feed), feed.next_cursor(), merged.dropped), (vec!["c".into(), "a".into()], Some("oldest"), 0));
}

#[test]
fn a_reload_after_a_gap_asks_for_the_older_pages_again() {
    let newest = transaction("c", &on(12), "1");
    let mut feed = Feed::new(first_page(1, vec![newest.clone()]));
    feed.append("older", page(Some("oldest"), vec![transaction("a", &on(10), "1")]));
    feed.announce(2);
    let merged = feed.merge(first_page(2, vec![newest])).expect("taken");
    assert_eq!((ids(&feed), feed.next_cursor(), merged.dropped), (vec!["c".into()], Some("older"), 1));
}

#[test]
fn a_snapshot_that_is_a_little_late_loses_no_event() {
    let mut feed = Feed::new(snapshot(1, vec![transaction("a", &on(10), "1")]));
    feed.apply(new(2, transaction("b", &on(11), "2")));
    feed.merge(snapshot(1, vec![transaction("a", &on(10), "1")])).expect("taken");
    assert_eq!((ids(&feed), feed.seq()), (vec!["b".into(), "a".into()], 2));
    assert_eq!(feed.summary().currencies[0].income.to_string(), "3");
}

/// The database after each event, and the events.
#[derive(Default)]
struct Model {
    rows: Vec<Transaction>,
    events: Vec<FeedEvent>,
    history: Vec<Vec<Transaction>>,
}

impl Model {
    fn step(&mut self, (what, which, cents): (u8, usize, i32)) {
        let seq = self.events.len() as u64 + 1;
        let amount = format!("{}.{:02}", cents / 100, (cents % 100).abs());
        let known = if self.rows.is_empty() { None } else { Some(which % self.rows.len()) };
        let event = match (what % 4, known) {
            (2, Some(at)) => {
                let old = &self.rows[at];
                let row = revised(transaction(&old.transaction_id, &old.date, &amount), old.revision + 1);
                self.rows[at] = row.clone();
                updated(seq, row)
            }
            (3, Some(at)) => deleted(seq, &self.rows.remove(at).transaction_id),
            _ => {
                let second = self.events.len();
                let row = transaction(
                    &seq.to_string(),
                    &format!("2026-11-{:02}T10:00:{second:02}Z", which % 28 + 1),
                    &amount,
                );
                self.rows.push(row.clone());
                new(seq, row)
            }
        };
        self.events.push(event);
        self.history.push(self.rows.clone());
    }

    fn at(&self, seq: usize) -> Snapshot {
        let rows = seq.checked_sub(1).map(|index| self.history[index].clone()).unwrap_or_default();
        snapshot(seq as u64, rows)
    }
}

fn same(feed: &Feed, wanted: &Snapshot) {
    assert_eq!(feed.transactions(), wanted.transactions);
    assert_eq!(feed.summary().currencies, wanted.summary.currencies);
    assert_eq!(feed.seq(), wanted.seq);
}

proptest! {
    #[test]
    fn any_order_of_delivery_with_losses_and_doubles_converges(
        steps in proptest::collection::vec((0_u8..4, 0_usize..40, -5_000_i32..5_000), 1..40),
        start in 0_usize..40,
        delivery in proptest::collection::vec(0_usize..40, 0..120),
        reload_at in 0_usize..120,
        snapshot_age in 0_usize..10,
    ) {
        let mut model = Model::default();
        for step in steps {
            model.step(step);
        }
        let last = model.events.len();
        let mut feed = Feed::new(model.at(start % (last + 1)));
        for (turn, index) in delivery.into_iter().enumerate() {
            feed.apply(model.events[index % last].clone());
            if turn == reload_at {
                // A snapshot in the middle, possibly older than what is known.
                let _ = feed.merge(model.at(last.saturating_sub(snapshot_age)));
            }
        }
        feed.announce(last as u64);
        if feed.needs_reload() {
            prop_assert!(feed.merge(model.at(last)).is_some());
        }
        prop_assert!(!feed.needs_reload());
        same(&feed, &model.at(last));
    }

    #[test]
    fn events_in_order_need_no_reload_unless_they_say_so(
        steps in proptest::collection::vec((0_u8..4, 0_usize..40, -5_000_i32..5_000), 1..40),
    ) {
        let mut model = Model::default();
        for step in steps {
            model.step(step);
        }
        let mut feed = Feed::new(model.at(0));
        for event in model.events.clone() {
            feed.apply(event);
        }
        prop_assert!(!feed.needs_reload());
        same(&feed, &model.at(model.events.len()));
    }
}
