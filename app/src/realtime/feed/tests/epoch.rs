//! A server whose data was replaced: no deleted data stays on the page.

use wire::Transaction;
use wire::api::{Snapshot, TransactionsPage};

use crate::realtime::event::FeedEvent;
use crate::realtime::feed::samples::{new, snapshot, transaction};
use crate::realtime::feed::{Feed, Need, News, Position, SignIn};

fn row(number: u64) -> Transaction {
    transaction(&number.to_string(), &format!("2026-11-{number:02}T10:00:00Z"), "1")
}

fn at(epoch: &str, seq: u64) -> Snapshot {
    Snapshot { epoch: Some(epoch.to_owned()), ..snapshot(seq, (1..=seq).map(row).collect()) }
}

fn event(number: u64) -> FeedEvent {
    new(number, row(number))
}

fn position(epoch: &str, seq: u64) -> Option<Position> {
    Some(Position { epoch: Some(epoch.to_owned()), seq })
}

fn page(epoch: &str, seq: u64) -> Feed {
    let mut feed = Feed::new(at(epoch, seq));
    feed.recall(None);
    feed.ask();
    feed
}

/// No old data is left, and a snapshot is needed.
fn assert_dropped(feed: &Feed) {
    assert!(feed.is_empty() && feed.accounts().is_empty() && feed.summary().currencies.is_empty());
    assert_eq!((feed.next_cursor(), feed.is_loaded(), feed.need()), (None, false, Need::Snapshot));
}

#[test]
fn a_sign_in_with_another_epoch_drops_everything_however_far_its_numbers_are() {
    for newest in [2, 5, 9] {
        let mut feed = page("old", 5);
        let removals = feed.removals();
        assert_eq!(feed.signed_in(Some("new"), newest), SignIn::StartOver, "{newest}");
        assert_dropped(&feed);
        assert_ne!(feed.removals(), removals);
        let merged = feed.merge(at("new", newest)).expect("taken");
        assert_eq!((merged.news, feed.len() as u64, feed.need()), (Vec::<News>::new(), newest, Need::Nothing));
        assert_eq!((feed.epoch(), feed.notified()), (Some("new"), Some(newest)));
        assert_eq!(feed.ask(), Some(newest));
    }
}

#[test]
fn a_server_behind_the_page_drops_everything_though_its_epoch_is_the_same() {
    let mut feed = page("same", 5);
    assert_eq!(feed.signed_in(Some("same"), 4), SignIn::StartOver);
    assert_dropped(&feed);
}

#[test]
fn the_same_epoch_continues() {
    let mut feed = page("same", 5);
    assert_eq!(feed.signed_in(Some("same"), 5), SignIn::Continue);
    assert_eq!((feed.len(), feed.need()), (5, Need::Nothing));
}

#[test]
fn a_server_that_gets_its_first_epoch_keeps_the_page() {
    let mut feed = Feed::new(snapshot(5, (1..=5).map(row).collect()));
    feed.ask();
    assert_eq!(feed.signed_in(Some("first"), 5), SignIn::Continue);
    assert_eq!((feed.len(), feed.epoch()), (5, Some("first")));
    feed.ask();
    assert_eq!(feed.signed_in(Some("second"), 5), SignIn::StartOver);
}

#[test]
fn a_page_rendered_by_a_server_with_another_epoch_is_loaded_again() {
    let mut feed = Feed::new(at("old", 5));
    feed.recall(position("old", 5));
    feed.ask();
    assert_eq!(feed.signed_in(Some("new"), 7), SignIn::StartOver);
    assert_dropped(&feed);
}

#[test]
fn an_epoch_that_changes_on_a_connection_drops_everything() {
    for announced in [Some("new"), None] {
        let mut feed = page("old", 5);
        feed.signed_in(Some("old"), 5);
        assert!(feed.epoch_changed(announced, 3), "{announced:?}");
        assert_dropped(&feed);
        feed.merge(at("new", 3)).expect("taken");
        assert_eq!((feed.len(), feed.epoch(), feed.notified()), (3, Some("new"), Some(3)));
    }
}

#[test]
fn an_epoch_that_the_sign_in_has_told_is_not_dropped_twice() {
    for announced in [Some("new"), None] {
        let mut feed = page("old", 5);
        feed.signed_in(Some("new"), 7);
        // The reload arrives before the second message.
        feed.merge(at("new", 7)).expect("taken");
        assert!(!feed.epoch_changed(announced, 7), "{announced:?}");
        assert_eq!(feed.len(), 7);
        assert!(feed.epoch_changed(Some("newer"), 7), "but the next one is");
    }
}

#[test]
fn a_snapshot_of_another_epoch_is_not_mixed_with_the_list() {
    let mut feed = page("old", 5);
    let other = at("new", 7);
    assert!(feed.is_foreign(&other));
    assert_eq!((feed.lacking(&other), feed.merge(other), feed.len()), (0, None, 5));
    let mut only_summary = snapshot(7, Vec::new());
    only_summary.summary.epoch = Some("new".to_owned());
    assert!(feed.is_foreign(&only_summary));
    assert!(!feed.is_foreign(&snapshot(7, Vec::new())), "a server without epochs");
}

#[test]
fn an_older_page_that_was_requested_in_another_epoch_is_ignored() {
    let window = |epoch: &str| Snapshot { next_cursor: Some("older".to_owned()), ..at(epoch, 5) };
    let mut feed = Feed::new(window("old"));
    feed.ask();
    let requested = feed.older().expect("there is more");
    feed.signed_in(Some("new"), 5);
    feed.merge(window("new")).expect("taken");
    let page = TransactionsPage { transactions: vec![row(6)], ..TransactionsPage::default() };
    assert!(!feed.append(&requested, page));
}

#[test]
fn a_position_of_another_epoch_is_not_continued_from() {
    let mut feed = Feed::new(at("new", 5));
    feed.recall(position("old", 3));
    assert_eq!((feed.ask(), feed.notified()), (Some(5), Some(5)));
    feed.recall(position("new", 9));
    assert_eq!(feed.notified(), Some(9));
}

#[test]
fn a_page_without_a_snapshot_finds_out_that_its_position_is_of_another_epoch() {
    let mut feed = Feed::default();
    feed.belongs_to("alex");
    feed.recall(position("old", 3));
    assert_eq!((feed.ask(), feed.epoch()), (Some(3), Some("old")));
    assert_eq!(feed.signed_in(Some("new"), 7), SignIn::StartOver);
    assert_eq!(feed.merge(at("new", 7)).expect("taken").news, []);
}

#[test]
fn events_of_the_new_epoch_are_applied_and_notified() {
    let mut feed = page("old", 5);
    feed.apply(event(6));
    feed.signed_in(Some("new"), 2);
    // The event arrives before the snapshot.
    feed.apply(event(3));
    let merged = feed.merge(at("new", 3)).expect("taken");
    assert_eq!((merged.news.len(), feed.len(), feed.need()), (1, 3, Need::Nothing));
    assert_eq!(feed.apply(event(4)).news.len(), 1);
}
