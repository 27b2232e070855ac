//! One person's feed: a snapshot, and the events that came after it.
//!
//! Owns the order of the list, the cursor in the stream of events, and the rules by which a copy in
//! the browser ends up equal to the database, whatever is late, twice or missing:
//!
//! * every event has a number; the cursor `seq` says up to which number all of them are in;
//! * an event at or below the cursor, or one that is in already, is a duplicate and is dropped;
//! * an event beyond the next number is used at once, so that nobody waits, and the feed says that
//!   it [needs a reload](Feed::needs_reload) until the hole is filled;
//! * an older revision of a transaction never replaces a newer one;
//! * a reload is a snapshot at some number, after which the events beyond it are applied again.
//!
//! Must not know sockets, signals or the clock.

use std::collections::{BTreeMap, VecDeque};

use wire::Transaction;
use wire::api::{Account, Snapshot, Summary};
use wire::time::unix_millis;
use wire::transaction::TransactionKey;

use super::event::FeedEvent;

mod apply;
mod merge;
#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;
mod totals;

pub use apply::Change;
pub use merge::Merged;

/// Events are kept so that they can be applied again to a snapshot that is a little older. A reload
/// takes a moment, in which far fewer than so many arrive.
const LOG_LENGTH: usize = 256;
/// Deletions are remembered so that a page asked for before them does not bring back what is gone.
const TOMBSTONES: usize = 256;

/// The feed.
#[derive(Clone, Debug, Default)]
pub struct Feed {
    user_id: String,
    /// All events up to this number are in.
    seq: u64,
    /// The newest number that is known to exist.
    newest: u64,
    /// The number of an event that says more than it carries.
    stale_since: Option<u64>,
    /// A snapshot has been seen.
    loaded: bool,
    /// The server's numbers have begun anew: nothing that was loaded before counts.
    restarted: bool,
    entries: Vec<Entry>,
    tombstones: VecDeque<TransactionKey>,
    log: BTreeMap<u64, FeedEvent>,
    accounts: Vec<Account>,
    summary: Summary,
    next_cursor: Option<String>,
}

/// A transaction in the list.
#[derive(Clone, Debug)]
struct Entry {
    transaction: Transaction,
    millis: i64,
    /// The number of the event that brought it; 0 where it came with a page, whose order stands.
    arrival: u64,
}

impl Entry {
    fn new(transaction: Transaction, arrival: u64) -> Self {
        let millis = unix_millis(&transaction.date).unwrap_or(i64::MIN);
        Self { transaction, millis, arrival }
    }

    fn is(&self, key: &TransactionKey) -> bool {
        let it = &self.transaction;
        it.transaction_id == key.transaction_id
            && it.account_id == key.account_id
            && it.connection_id == key.connection_id
            && it.connector_id == key.connector_id
    }
}

impl Feed {
    /// The feed as a snapshot shows it.
    pub fn new(snapshot: Snapshot) -> Self {
        let mut feed = Self::default();
        feed.replace(snapshot);
        feed
    }

    /// Whose feed it is; empty until it is known.
    pub fn user_id(&self) -> &str {
        &self.user_id
    }

    /// Up to which number all events are in: what a reconnecting client sends as `since`.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// The transactions, newest first.
    pub fn transactions(&self) -> Vec<Transaction> {
        self.entries.iter().map(|entry| entry.transaction.clone()).collect()
    }

    /// How many transactions are loaded.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no transaction.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The accounts.
    pub fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    /// The totals.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Where the next older page begins; nothing at the end.
    pub fn next_cursor(&self) -> Option<&str> {
        self.next_cursor.as_deref()
    }

    /// Whether the database holds something that the events so far did not carry.
    pub fn needs_reload(&self) -> bool {
        !self.loaded || self.restarted || self.stale_since.is_some() || self.seq < self.newest
    }

    /// The server told, at sign-in, the number of the newest event.
    pub fn announce(&mut self, newest: u64) {
        if newest < self.seq {
            self.restarted = true;
            self.seq = newest;
            self.newest = newest;
            self.log.clear();
        } else {
            self.newest = self.newest.max(newest);
        }
    }

    /// The server no longer keeps the events that were missed.
    pub fn require_reload(&mut self) {
        self.mark_stale(self.newest.max(self.seq));
    }

    /// Nothing more will come to this feed: it is another person's now.
    pub fn give_up(&mut self) {
        self.restarted = false;
        self.stale_since = None;
        self.newest = self.seq;
    }

    fn mark_stale(&mut self, seq: u64) {
        self.stale_since = self.stale_since.max(Some(seq));
    }

    fn position(&self, key: &TransactionKey) -> Option<usize> {
        self.entries.iter().position(|entry| entry.is(key))
    }

    /// Puts an entry where it belongs: by date, then the later arrival first, then as it came.
    fn insert(&mut self, entry: Entry) {
        let rank = |entry: &Entry| (entry.millis, entry.arrival);
        let at = self.entries.partition_point(|other| rank(other) >= rank(&entry));
        self.entries.insert(at, entry);
    }

    /// Adds what is not known, and replaces what is known in an older revision; tells whether
    /// anything changed, and what stood there before.
    fn upsert(&mut self, transaction: Transaction, arrival: u64) -> Upsert {
        let key = transaction.key();
        let Some(at) = self.position(&key) else {
            self.insert(Entry::new(transaction, arrival));
            return Upsert::Added;
        };
        if self.entries.get(at).is_some_and(|entry| entry.transaction.revision >= transaction.revision) {
            return Upsert::Kept;
        }
        let old = self.entries.remove(at);
        self.insert(Entry::new(transaction, old.arrival));
        Upsert::Replaced(Box::new(old.transaction))
    }
}

/// What became of a transaction that was put into the list.
enum Upsert {
    Added,
    Replaced(Box<Transaction>),
    Kept,
}
