//! Snapshots and pages.
//!
//! Owns how a reload and an older page are joined with what is there. Must not know why a reload
//! was asked for.

use std::collections::BTreeMap;

use wire::Transaction;
use wire::api::{Snapshot, TransactionsPage};

use super::{Entry, Feed, FeedEvent, Upsert};

/// What a reload brought.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Merged {
    /// Transactions that happened in the meantime, newest first.
    pub arrived: Vec<Transaction>,
    /// How many older transactions had been loaded, and have to be asked for again because they may
    /// have changed unnoticed.
    pub dropped: usize,
}

impl Feed {
    /// Joins a reloaded snapshot with the events that are newer than it. Nothing where the snapshot
    /// is older than what the log of events reaches back to.
    pub fn merge(&mut self, snapshot: Snapshot) -> Option<Merged> {
        let at = snapshot.seq;
        if (at + 1..=self.seq).any(|seq| !self.log.contains_key(&seq)) {
            return None;
        }
        let before = std::mem::take(self);
        let is_other = before.restarted || (before.loaded && before.user_id != snapshot.user_id);
        let missed = is_other || before.seq < at;
        let later = before.log.clone().split_off(&(at + 1));
        self.tombstones.clone_from(&before.tombstones);
        self.newest = before.newest;
        self.stale_since = before.stale_since.filter(|since| *since > at);
        let tail_from = snapshot.transactions.last().filter(|_| snapshot.next_cursor.is_some()).cloned();
        self.fill(snapshot);
        let mut merged = Merged::default();
        if missed {
            merged.dropped = before.entries.len().saturating_sub(self.entries.len());
            if before.loaded && !is_other {
                merged.arrived = self.unknown_to(&before);
            }
        } else if let Some(last) = tail_from {
            self.keep_tail(&before, &last, &later);
        }
        for event in later.into_values() {
            self.apply(event);
        }
        Some(merged)
    }

    /// Starts over from a snapshot.
    pub fn replace(&mut self, snapshot: Snapshot) {
        *self = Self::default();
        self.fill(snapshot);
    }

    /// Adds an older page that was asked for at `cursor`. A page that is no longer the next one is
    /// ignored.
    pub fn append(&mut self, cursor: &str, page: TransactionsPage) -> bool {
        if self.next_cursor.as_deref() != Some(cursor) {
            return false;
        }
        self.next_cursor = page.next_cursor;
        for transaction in page.transactions {
            if !self.tombstones.contains(&transaction.key()) {
                self.take_from_page(transaction);
            }
        }
        true
    }

    fn fill(&mut self, snapshot: Snapshot) {
        self.loaded = true;
        self.user_id = snapshot.user_id;
        self.seq = snapshot.seq;
        self.newest = self.newest.max(snapshot.seq);
        self.entries.clear();
        for transaction in snapshot.transactions {
            self.take_from_page(transaction);
        }
        self.accounts = snapshot.accounts;
        self.summary = snapshot.summary;
        self.next_cursor = snapshot.next_cursor;
    }

    /// A page is in order already, so that what is new to the list goes behind its equals.
    fn take_from_page(&mut self, transaction: Transaction) {
        let _: Upsert = self.upsert(transaction, 0);
    }

    /// No event was missed, so that what lies behind the snapshot's window is as it was.
    /// What a later event carries is left to that event, which also counts it.
    fn keep_tail(&mut self, before: &Self, last: &Transaction, later: &BTreeMap<u64, FeedEvent>) {
        let last = Entry::new(last.clone(), 0).millis;
        for entry in before.entries.iter().filter(|entry| entry.millis <= last) {
            let key = entry.transaction.key();
            let comes_later = later.values().any(|event| match event {
                FeedEvent::New(event) | FeedEvent::Updated(event) => event.transaction.key() == key,
                _ => false,
            });
            if !comes_later && self.position(&key).is_none() {
                self.insert(entry.clone());
            }
        }
        // The place from which the next older page follows is still the one that was reached.
        self.next_cursor.clone_from(&before.next_cursor);
    }

    fn unknown_to(&self, before: &Self) -> Vec<Transaction> {
        // An older transaction can move up into the window when another one is deleted; it is not news.
        let oldest = before.entries.last().map_or(i64::MIN, |entry| entry.millis);
        let entries = self.entries.iter().filter(|entry| entry.millis >= oldest);
        let unknown = entries.filter(|entry| before.position(&entry.transaction.key()).is_none());
        unknown.map(|entry| entry.transaction.clone()).collect()
    }
}
