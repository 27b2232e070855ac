//! Snapshots and pages.
//!
//! Owns how a reload and an older page are joined with what is there, and how far a reload has to reach
//! back. Must not know why a reload was asked for.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use wire::Transaction;
use wire::api::{Snapshot, TransactionsPage};

use super::{Entry, Feed, FeedEvent, News, Outcome, Upsert, rank_of};
use crate::identity::{names, same};

/// What a reload brought.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Merged {
    /// What there is to tell, in the order in which it happened.
    pub news: Vec<News>,
}

/// Which page is the next older one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Older {
    /// Where it begins, in the server's words.
    pub cursor: String,
    load: u64,
}

impl Feed {
    /// How many transactions more a snapshot has to bring, from further back, for the list to stay as long as
    /// it is. Nothing where the rest of the list is kept anyway, or nobody reads it.
    pub fn lacking(&self, snapshot: &Snapshot) -> usize {
        if snapshot.next_cursor.is_none() || self.unread || !self.accepts(snapshot) || !self.begins_anew(snapshot) {
            return 0;
        }
        let end = end_of(&snapshot.transactions);
        let at_end = snapshot.transactions.iter().rev().take_while(|it| rank_of(it) == end).collect::<Vec<_>>();
        let is_lacking = |entry: &&Entry| {
            let is_loaded = self.next_cursor.is_none() || entry.rank >= self.reach;
            let is_beyond =
                entry.rank < end || (entry.rank == end && !at_end.iter().any(|it| same(it, &entry.transaction)));
            is_loaded && is_beyond
        };
        self.entries.iter().filter(is_lacking).count()
    }

    /// Whether a snapshot is not older than what the log of events reaches back to.
    fn accepts(&self, snapshot: &Snapshot) -> bool {
        !self.given_up && (snapshot.seq + 1..=self.seq).all(|seq| self.log.contains_key(&seq))
    }

    /// Whether nothing of the list can be kept beside a snapshot: what lies behind it may have changed.
    fn begins_anew(&self, snapshot: &Snapshot) -> bool {
        let missed = !self.loaded || self.seq < snapshot.seq;
        missed || self.unread || self.disordered_since.is_some() || self.user_id != snapshot.user_id
    }

    /// Joins a reloaded snapshot with the events that are newer than it. Nothing where the snapshot is too old,
    /// or comes to a feed that was given up. Ask first whether it is [`lacking`](Self::lacking) something.
    pub fn merge(&mut self, snapshot: Snapshot) -> Option<Merged> {
        if !self.accepts(&snapshot) {
            return None;
        }
        let (at, anew) = (snapshot.seq, self.begins_anew(&snapshot));
        let mut before = std::mem::take(self);
        let missed = !before.loaded || before.seq < at;
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
        self.brought = if before.unread { 0 } else { before.brought };
        self.stale_since = before.stale_since.filter(|since| *since > at);
        self.disordered_since = before.disordered_since.filter(|since| *since > at);
        let has_tail = snapshot.next_cursor.is_some();
        self.fill(snapshot);
        self.keep_equals(&before);
        let mut outcome = Outcome::default();
        if missed {
            self.owe(&before);
        }
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
        Some(Merged { news: outcome.news })
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
        // Several pages that were read one after the other may tell of the same transaction.
        let mut ids = HashSet::new();
        for transaction in snapshot.transactions {
            if ids.insert(transaction.transaction_id.clone()) {
                self.insert(Entry::new(transaction, 0));
            } else {
                self.take_from_page(transaction);
            }
        }
        self.accounts = snapshot.accounts;
        self.summary = snapshot.summary;
        self.next_cursor = snapshot.next_cursor;
    }

    /// What is as it was stays the same thing: nothing has to be drawn anew for it.
    fn keep_equals(&mut self, before: &Self) {
        let known = Places::of(&before.entries);
        for entry in &mut self.entries {
            if let Some(old) = known.find(&entry.transaction).filter(|old| old.transaction == entry.transaction) {
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
        let comes_later = |entry: &Entry| {
            later.values().any(|event| match event {
                FeedEvent::New(event) | FeedEvent::Updated(event) => same(&event.transaction, &entry.transaction),
                _ => false,
            })
        };
        let shown = Places::of(&self.entries);
        let behind = before.entries.iter().filter(|entry| entry.rank <= last && !comes_later(entry));
        let tail: Vec<_> = behind.filter(|entry| shown.find(&entry.transaction).is_none()).cloned().collect();
        for entry in tail {
            // Behind those of the same rank that the snapshot has.
            self.insert(Entry { arrival: 0, ..entry });
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

/// Where each transaction stands in a list. To look through a long list for each of another one would take the
/// square of its length.
pub(super) struct Places<'a> {
    entries: &'a [Entry],
    /// By the provider's id, under which there is hardly ever more than one.
    by_id: HashMap<&'a str, usize>,
}

impl<'a> Places<'a> {
    pub(super) fn of(entries: &'a [Entry]) -> Self {
        let ids = entries.iter().enumerate().map(|(at, entry)| (entry.transaction.transaction_id.as_str(), at));
        Self { entries, by_id: ids.collect() }
    }

    pub(super) fn find(&self, transaction: &Transaction) -> Option<&'a Entry> {
        let at = *self.by_id.get(transaction.transaction_id.as_str())?;
        let found = self.entries.get(at).filter(|entry| same(&entry.transaction, transaction));
        found.or_else(|| self.entries.iter().find(|entry| same(&entry.transaction, transaction)))
    }
}
