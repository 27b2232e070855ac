//! Long lists and many events: an event costs no more than one pass through the list.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::realtime::feed::samples::{new, snapshot, transaction, updated};
use crate::realtime::feed::{Feed, Need};
use wire::Transaction;
use wire::api::{Snapshot, TransactionsPage};

fn row(number: u64) -> Transaction {
    let (day, minute) = (1 + number / 1_440 % 28, number % 1_440);
    let date = format!("2026-11-{day:02}T{:02}:{:02}:00Z", minute / 60, minute % 60);
    transaction(&format!("transaction-{number}"), &date, "-1.01")
}

#[test]
fn a_thousand_events_are_applied_to_a_list_of_a_thousand_quickly() {
    let mut feed = Feed::new(snapshot(1_000, (1..=1_000).map(row).collect()));
    feed.ask();
    let events: Vec<_> = (1_001..=2_000).map(|seq| new(seq, row(seq))).collect();
    let started = Instant::now();
    let mut notified = 0;
    for event in events {
        notified += feed.apply(event).news.len();
        // Even if each event is shown separately.
        assert!(feed.transactions().len() > 1_000);
    }
    let took = started.elapsed();
    assert_eq!((feed.len(), notified), (2_000, 1_000));
    // A debug build takes 40 ms; with a copy of the list for each event it takes 800.
    assert!(took < Duration::from_millis(500), "{took:?}");
}

#[test]
fn a_list_shrinks_to_its_first_page_only_when_it_is_not_being_read() {
    let window = |seq: u64| Snapshot {
        next_cursor: Some("older".to_owned()),
        ..snapshot(seq, (seq.saturating_sub(49)..=seq).map(row).collect())
    };
    let mut feed = Feed::new(window(50));
    feed.ask();
    for seq in 51..=2_050 {
        feed.apply(new(seq, row(seq)));
    }
    assert!(!feed.shorten(), "it is not long yet");
    for seq in 2_051..=5_000 {
        feed.apply(new(seq, row(seq)));
    }
    assert_eq!((feed.len(), feed.need()), (5_000, Need::Nothing));
    feed.merge(window(5_000)).expect("taken");
    assert_eq!((feed.len(), feed.next_cursor()), (5_000, Some("older")), "a reload leaves it as long as it is");

    assert!(feed.shorten());
    assert_eq!((feed.len(), feed.need()), (5_000, Need::Snapshot));
    feed.keep_long();
    assert_eq!(feed.lacking(&window(5_001)), 4_951, "the snapshot did not arrive, and the list may be read again");
    assert!(feed.shorten());
    assert_eq!(feed.lacking(&window(5_000)), 0);
    let merged = feed.merge(window(5_000)).expect("taken");
    assert_eq!(
        (merged.news, feed.len(), feed.need(), feed.next_cursor()),
        (Vec::new(), 50, Need::Nothing, Some("older"))
    );
    feed.apply(new(5_001, row(5_001)));
    assert_eq!((feed.len(), feed.need(), feed.shorten()), (51, Need::Nothing, false));
}

#[test]
fn a_reload_of_a_long_list_is_quick() {
    let all = |seq: u64| snapshot(seq, (1..=5_000).map(row).collect());
    let mut feed = Feed::new(all(5_000));
    let reloaded = all(5_002);
    let started = Instant::now();
    feed.merge(reloaded).expect("taken");
    let took = started.elapsed();
    assert_eq!(feed.len(), 5_000);
    // A debug build takes 30 ms; with a search through the list for each row it takes 1,500.
    assert!(took < Duration::from_millis(500), "{took:?}");
}

#[test]
fn a_list_of_older_pages_stays_as_long_as_it_is() {
    let mut feed = Feed::new(Snapshot { next_cursor: Some("older".to_owned()), ..snapshot(1, vec![row(5_000)]) });
    let page = TransactionsPage { transactions: (1..5_000).rev().map(row).collect(), ..TransactionsPage::default() };
    let asked = feed.older().expect("there is more");
    assert!(feed.append(&asked, page));
    feed.apply(new(2, row(5_001)));
    assert_eq!((feed.len(), feed.need()), (5_001, Need::Nothing));
}

#[test]
fn an_event_keeps_the_objects_of_other_rows() {
    let mut feed = Feed::new(snapshot(3, (1..=3).map(row).collect()));
    let before = feed.transactions();
    feed.apply(updated(4, Transaction { revision: 2, ..row(2) }));
    let after = feed.transactions();
    let kept: Vec<bool> = before.iter().zip(&after).map(|(old, new)| Arc::ptr_eq(old, new)).collect();
    assert_eq!(kept, [true, false, true]);
}

#[test]
fn a_reload_keeps_the_objects_of_unchanged_rows() {
    let mut feed = Feed::new(snapshot(3, (1..=3).map(row).collect()));
    let before = feed.transactions();
    let changed = Transaction { revision: 2, ..row(2) };
    feed.merge(snapshot(4, vec![row(1), changed, row(3)])).expect("taken");
    let after = feed.transactions();
    let kept: Vec<bool> = before.iter().zip(&after).map(|(old, new)| Arc::ptr_eq(old, new)).collect();
    assert_eq!(kept, [true, false, true]);
}
