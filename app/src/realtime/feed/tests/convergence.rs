//! The page becomes equal to the database, whatever happens on the network.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;

use super::database::{Database, Step, steps};
use super::tab::{Action, Tab, anything, calm, stormy};
use crate::realtime::feed::Position;

/// Compares the database with the page.
fn assert_equal(tab: &Tab) -> Result<(), TestCaseError> {
    let rows: Vec<_> = tab.database.list().into_iter().map(|(_, row)| Arc::new(row)).collect();
    let snapshot = tab.database.snapshot();
    prop_assert_eq!(tab.page.transactions(), rows);
    prop_assert_eq!(tab.page.accounts(), snapshot.accounts);
    prop_assert_eq!(&tab.page.summary().currencies, &snapshot.summary.currencies);
    prop_assert_eq!(&tab.page.summary().from, &snapshot.summary.from);
    prop_assert_eq!(tab.page.seq(), snapshot.seq);
    Ok(())
}

/// A database with a window that holds all rows: beyond the window, a page cannot know what was deleted.
fn filled(before: Vec<Step>) -> Database {
    let mut database = Database::new(1_000);
    for step in before {
        database.step(step);
    }
    database
}

/// Every transaction that was added since, and still exists, was notified as new.
fn assert_notified_once(tab: &Tab, known: &BTreeSet<String>) -> Result<(), TestCaseError> {
    let notified: BTreeSet<_> = tab.notified.iter().cloned().collect();
    prop_assert_eq!(notified.len(), tab.notified.len(), "{:?}", tab.notified);
    let all = tab.database.ids();
    let missing: Vec<_> = all.difference(known).filter(|id| !notified.contains(*id)).collect();
    prop_assert!(missing.is_empty(), "not notified: {:?}", missing);
    Ok(())
}

fn create() -> Action {
    Action::Step(Step::Create { day: 4, cents: -450, account: 0, abroad: false })
}

#[test]
fn events_that_are_still_arriving_are_not_given_up() {
    let mut tab = Tab::open(Database::new(6));
    tab.settle();
    let connections = tab.connections;
    for _ in 0..3 {
        tab.act(create());
        tab.act(Action::Lose);
    }
    // The page sees the gap and fetches all missing events over a new connection.
    tab.act(create());
    tab.settle();
    assert_eq!((tab.connections - connections, tab.losses, tab.fetches), (1, 0, 0));
    assert_eq!(tab.notified, ["1", "2", "3", "4"]);
}

proptest! {
    /// Lost, repeated and reordered events, disconnections, reloads from the server and from caches, a log that is
    /// pruned, a database that starts over or is restored in a new epoch, late answers.
    #[test]
    fn the_page_converges_and_notifies_of_nothing_twice(
        before in prop::collection::vec(steps(), 0..12),
        actions in prop::collection::vec(anything(), 0..60),
    ) {
        let mut database = Database::new(6);
        for step in before {
            database.step(step);
        }
        let mut tab = Tab::open(database);
        for action in actions {
            tab.act(action);
        }
        tab.settle();
        // The next event reveals a gap at the very end.
        tab.act(create());
        tab.settle();
        assert_equal(&tab)?;
        let once: BTreeSet<_> = tab.notified.iter().collect();
        prop_assert_eq!(once.len(), tab.notified.len(), "{:?}", tab.notified);
        let stored = Position { epoch: Some(tab.database.epoch()), seq: tab.database.newest() };
        prop_assert_eq!(tab.stored, Some(stored));
    }

    /// If nothing is lost for good, a page that was away notifies of every transaction once.
    #[test]
    fn what_is_new_is_notified_exactly_once_over_reloads(
        before in prop::collection::vec(steps(), 0..12),
        actions in prop::collection::vec(calm(), 0..60),
    ) {
        let mut tab = Tab::open(filled(before));
        let known = tab.database.ids();
        for action in actions {
            tab.act(action);
        }
        tab.settle();
        assert_equal(&tab)?;
        assert_notified_once(&tab, &known)?;
    }

    /// A page that stays open notifies of every transaction once, whatever the network and the log lose.
    #[test]
    fn what_is_new_is_notified_exactly_once_over_a_lossy_network(
        before in prop::collection::vec(steps(), 0..12),
        actions in prop::collection::vec(stormy(), 0..60),
    ) {
        let mut tab = Tab::open(filled(before));
        let known = tab.database.ids();
        for action in actions {
            tab.act(action);
        }
        tab.settle();
        tab.act(create());
        tab.settle();
        assert_equal(&tab)?;
        assert_notified_once(&tab, &known)?;
    }

    /// An event that the network loses every time costs one connection and one reload.
    #[test]
    fn a_gap_that_stays_is_not_requested_in_a_loop(events in 2_usize..20) {
        let mut tab = Tab::open(Database::new(6));
        tab.settle();
        let connections = tab.connections;
        for _ in 0..events {
            tab.act(create());
            tab.act(Action::Lose);
            tab.act(create());
            // The page sees the gap and asks the server, and the network loses the same event of the answer.
            tab.act(Action::Deliver);
            tab.act(Action::Deliver);
            tab.act(Action::Lose);
            tab.settle();
            assert_equal(&tab)?;
        }
        prop_assert_eq!(tab.connections, connections + 1);
        prop_assert_eq!(tab.fetches, events);
    }
}
