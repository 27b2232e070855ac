//! Long lists and many events: what an event costs does not grow with them beyond looking through the list.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::realtime::feed::Feed;
use crate::realtime::feed::samples::{new, snapshot, transaction, updated};
use wire::Transaction;

fn row(number: u64) -> Transaction {
    let (day, minute) = (1 + number / 1_440 % 28, number % 1_440);
    let date = format!("2026-11-{day:02}T{:02}:{:02}:00Z", minute / 60, minute % 60);
    transaction(&format!("transaction-{number}"), &date, "-1.01")
}

#[test]
fn a_thousand_events_are_taken_into_a_list_of_a_thousand_in_no_time() {
    let mut feed = Feed::new(snapshot(1_000, (1..=1_000).map(row).collect()));
    feed.ask();
    let events: Vec<_> = (1_001..=2_000).map(|seq| new(seq, row(seq))).collect();
    let started = Instant::now();
    let mut told = 0;
    for event in events {
        told += feed.apply(event).news.len();
        // Even if each were shown by itself.
        assert!(feed.transactions().len() > 1_000);
    }
    let took = started.elapsed();
    assert_eq!((feed.len(), told), (2_000, 1_000));
    // A debug build takes 40 ms; with a copy of the list for each event it takes 800.
    assert!(took < Duration::from_millis(500), "{took:?}");
}

#[test]
fn the_list_is_shared_and_what_an_event_does_not_touch_stays_the_same_thing() {
    let mut feed = Feed::new(snapshot(3, (1..=3).map(row).collect()));
    let before = feed.transactions();
    feed.apply(updated(4, Transaction { revision: 2, ..row(2) }));
    let after = feed.transactions();
    let kept: Vec<bool> = before.iter().zip(&after).map(|(old, new)| Arc::ptr_eq(old, new)).collect();
    assert_eq!(kept, [true, false, true]);
}

#[test]
fn a_reload_that_changes_nothing_leaves_everything_the_same_thing() {
    let mut feed = Feed::new(snapshot(3, (1..=3).map(row).collect()));
    let before = feed.transactions();
    let changed = Transaction { revision: 2, ..row(2) };
    feed.merge(snapshot(4, vec![row(1), changed, row(3)])).expect("taken");
    let after = feed.transactions();
    let kept: Vec<bool> = before.iter().zip(&after).map(|(old, new)| Arc::ptr_eq(old, new)).collect();
    assert_eq!(kept, [true, false, true]);
}
