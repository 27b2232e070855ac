//! Snapshots and pages.
//!
//! Owns how a reload and an older page are joined with what is there. Must not know why a reload
//! was asked for.

use std::collections::BTreeMap;
use std::sync::Arc;

use wire::Transaction;
use wire::api::{Snapshot, TransactionsPage};

use super::{BROUGHT, Entry, Feed, FeedEvent, News, Outcome, Upsert, rank_of};
use crate::identity::{names, same};

/// What a reload brought.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Merged {
    /// What there is to tell, in the order in which it happened.
    pub news: Vec<News>,
    /// How many older transactions had been loaded, and have to be asked for again because they may
    /// have changed unnoticed.
    pub dropped: usize,
}

/// Which page is the next older one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Older {
    /// Where it begins, in the server's words.
    pub cursor: String,
    load: u64,
}

impl Feed {
    /// Joins a reloaded snapshot with the events that are newer than it. Nothing where the snapshot
    /// is older than what the log of events reaches back to, or comes to a feed that was given up.
    pub fn merge(&mut self, snapshot: Snapshot) -> Option<Merged> {
        let at = snapshot.seq;
        if self.given_up || (at + 1..=self.seq).any(|seq| !self.log.contains_key(&seq)) {
            return None;
        }
        let mut before = std::mem::take(self);
        let missed = !before.loaded || before.seq < at;
        let outgrown = before.brought > BROUGHT;
        let anew = missed || outgrown || before.disordered_since.is_some() || before.user_id != snapshot.user_id;
        let later = before.log.split_off(&(at + 1));
        self.tombstones = std::mem::take(&mut before.tombstones);
        self.newest = before.newest;
        self.told = before.told;
        self.asked = before.asked;
        self.unreachable = before.unreachable;
        self.owed = std::mem::take(&mut before.owed);
        // What is still to be told.
        self.log = before.log.split_off(&(before.since() + 1));
        self.loads = before.loads + u64::from(anew);
        self.removals = before.removals + u64::from(anew);
        self.brought = if anew { 0 } else { before.brought };
        self.stale_since = before.stale_since.filter(|since| *since > at);
        self.disordered_since = before.disordered_since.filter(|since| *since > at);
        let has_tail = snapshot.next_cursor.is_some();
        self.fill(snapshot);
        self.keep_equals(&before);
        let mut outcome = Outcome::default();
        if missed {
            self.owe(&before);
        }
        // A list that had grown too long is the first page again, and the rest for whoever asks for it.
        let rest = if outgrown { 0 } else { before.entries.len().saturating_sub(self.entries.len()) };
        let dropped = if anew { rest } else { 0 };
        if !anew && has_tail {
            self.keep_tail(&before, &later);
        }
        for event in later.into_values() {
            self.take_in(event);
        }
        if before.loaded && before.unreachable {
            self.settle(&mut outcome);
        }
        for event in before.held.into_values() {
            self.receive(event, &mut outcome);
        }
        self.unreachable &= self.seq < self.newest;
        Some(Merged { news: outcome.news, dropped })
    }

    /// The next older page, if there is one.
    pub fn older(&self) -> Option<Older> {
        self.next_cursor.clone().map(|cursor| Older { cursor, load: self.loads })
    }

    /// Adds an older page. One that is no longer the next, or was asked for before the list began
    /// anew, is ignored.
    pub fn append(&mut self, asked: &Older, page: TransactionsPage) -> bool {
        if self.older().as_ref() != Some(asked) {
            return false;
        }
        self.next_cursor = page.next_cursor;
        self.reach = end_of(&page.transactions);
        for transaction in page.transactions {
            if !self.tombstones.iter().any(|gone| names(gone, &transaction)) {
                self.take_from_page(transaction);
            }
        }
        true
    }

    /// Puts a snapshot in the place of the list, the accounts and the totals.
    pub(super) fn fill(&mut self, snapshot: Snapshot) {
        self.loaded = true;
        self.user_id = snapshot.user_id;
        self.seq = snapshot.seq;
        self.newest = self.newest.max(snapshot.seq);
        self.reach = end_of(&snapshot.transactions);
        self.entries.clear();
        for transaction in snapshot.transactions {
            self.take_from_page(transaction);
        }
        self.accounts = snapshot.accounts;
        self.summary = snapshot.summary;
        self.next_cursor = snapshot.next_cursor;
    }

    /// What is as it was stays the same thing: nothing has to be drawn anew for it.
    fn keep_equals(&mut self, before: &Self) {
        for entry in &mut self.entries {
            let old = before.position(&entry.transaction).and_then(|at| before.entries.get(at));
            if let Some(old) = old.filter(|old| old.transaction == entry.transaction) {
                entry.transaction = Arc::clone(&old.transaction);
            }
        }
    }

    /// A page is in order already, so that what is new to the list goes behind its equals.
    fn take_from_page(&mut self, transaction: Transaction) {
        let _: Upsert = self.upsert(transaction, 0);
    }

    /// No event was missed, so that what lies behind the snapshot's window is as it was.
    /// What a later event carries is left to that event, which also counts it.
    fn keep_tail(&mut self, before: &Self, later: &BTreeMap<u64, FeedEvent>) {
        let last = self.reach;
        for entry in before.entries.iter().filter(|entry| entry.rank <= last) {
            let comes_later = later.values().any(|event| match event {
                FeedEvent::New(event) | FeedEvent::Updated(event) => same(&event.transaction, &entry.transaction),
                _ => false,
            });
            if !comes_later && self.position(&entry.transaction).is_none() {
                // Behind those of the same moment that the snapshot has.
                self.insert(Entry { arrival: 0, ..entry.clone() });
            }
        }
        // The place from which the next older page follows is still the one that was reached.
        self.next_cursor.clone_from(&before.next_cursor);
        self.reach = before.reach;
    }
}

/// The rank of a page's last transaction.
fn end_of(transactions: &[Transaction]) -> i64 {
    transactions.last().map_or(i64::MAX, rank_of)
}
