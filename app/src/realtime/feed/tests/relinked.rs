//! An account that was linked again: its transactions arrive over another connection.

use wire::Transaction;
use wire::api::TransactionsPage;

use crate::realtime::event::FeedEvent;
use crate::realtime::feed::samples::{new, relinked, snapshot, transaction};
use crate::realtime::feed::{Feed, Need, News};

fn old(id: &str) -> Transaction {
    transaction(id, "2026-11-10T10:00:00Z", "-5")
}

/// The same transaction over the new connection.
fn moved(id: &str) -> Transaction {
    Transaction { connection_id: "bank-2".to_owned(), revision: 2, ..old(id) }
}

fn connections(feed: &Feed) -> Vec<(String, String)> {
    feed.transactions().iter().map(|it| (it.transaction_id.clone(), it.connection_id.clone())).collect()
}

fn over(id: &str, connection: &str) -> (String, String) {
    (id.to_owned(), connection.to_owned())
}

fn event(seq: u64, id: &str) -> FeedEvent {
    relinked(seq, "bank", moved(id))
}

#[test]
fn the_row_of_the_previous_connection_is_replaced_where_it_stands() {
    let mut feed = Feed::new(snapshot(3, vec![old("c"), old("b"), old("a")]));
    feed.ask();
    let removals = feed.removals();
    let outcome = feed.apply(event(4, "b"));
    assert_eq!(connections(&feed), [over("c", "bank"), over("b", "bank-2"), over("a", "bank")]);
    assert!(outcome.changed && matches!(outcome.news[..], [News::Updated(_)]), "{outcome:?}");
    assert_eq!(feed.summary().currencies[0].expenses.to_string(), "-15", "it counts once");
    assert_ne!(feed.removals(), removals, "search results may have the old row");
}

#[test]
fn an_equal_revision_replaces_the_row_as_well() {
    let mut feed = Feed::new(snapshot(1, vec![old("a")]));
    feed.apply(relinked(2, "bank", Transaction { revision: 1, ..moved("a") }));
    assert_eq!(connections(&feed), [over("a", "bank-2")]);
}

#[test]
fn where_the_list_has_both_rows_the_old_one_is_removed() {
    let mut feed = Feed::new(snapshot(2, vec![moved("a"), old("a")]));
    assert_eq!(feed.len(), 2);
    assert!(feed.apply(event(3, "a")).changed);
    assert_eq!(connections(&feed), [over("a", "bank-2")]);
    assert_eq!(feed.need(), Need::Snapshot, "only the server knows the totals");
}

#[test]
fn an_older_page_does_not_bring_the_old_row_back() {
    let window = snapshot(1, vec![transaction("new", "2026-11-20T10:00:00Z", "1")]);
    let mut feed = Feed::new(wire::api::Snapshot { next_cursor: Some("older".to_owned()), ..window });
    let requested = feed.older().expect("there is more");
    feed.apply(event(2, "a"));
    let page = TransactionsPage { transactions: vec![old("a")], ..TransactionsPage::default() };
    assert!(feed.append(&requested, page));
    assert_eq!(connections(&feed), [over("new", "bank"), over("a", "bank-2")]);
}

#[test]
fn a_row_of_another_connection_with_the_same_id_stays() {
    let other = Transaction { connection_id: "bank-3".to_owned(), ..old("a") };
    let mut feed = Feed::new(snapshot(1, vec![other]));
    feed.apply(event(2, "a"));
    assert_eq!(feed.len(), 2);
}

#[test]
fn the_same_connection_as_before_is_an_ordinary_update() {
    let mut feed = Feed::new(snapshot(0, Vec::new()));
    feed.apply(new(1, old("a")));
    feed.apply(relinked(2, "bank", Transaction { revision: 2, ..old("a") }));
    assert_eq!((connections(&feed), feed.need()), (vec![over("a", "bank")], Need::Nothing));
}
