//! One person's feed: a snapshot, and the events that came after it.
//!
//! Owns the order of the list and the rules by which a copy in the browser ends up equal to the
//! database, whatever is late, twice or missing:
//!
//! * every event has a number; the cursor `seq` says up to which number all of them are in;
//! * an event at or below the cursor is a duplicate and changes nothing;
//! * only the next number is taken in; an event beyond it waits, and [says so](Outcome::gap), until the
//!   numbers between have come;
//! * an older revision of a transaction never replaces a newer one;
//! * a reload is a snapshot at some number, after which the events beyond it are applied again;
//! * what cannot be known from an event alone asks for a reload.
//!
//! A second cursor says what the person has been told; `cursor` has its rules. Must not know
//! sockets, signals or the clock.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use wire::Transaction;
use wire::api::{Account, Snapshot, Summary};
use wire::rank::rank;
use wire::transaction::TransactionKey;

use super::event::FeedEvent;
use crate::identity::same;

mod apply;
mod cursor;
mod merge;
#[cfg(test)]
pub(crate) mod samples;
mod telling;
#[cfg(test)]
mod tests;
mod totals;

pub use apply::Outcome;
pub use merge::{Merged, Older};
pub use telling::News;

/// Events are kept so that they can be applied again to a snapshot that is a little older. A reload
/// takes a moment, in which far fewer than so many arrive.
const LOG_LENGTH: usize = 256;
/// How many events wait for those before them. What finds no room comes again with what is missing.
const HELD: usize = 256;
/// Deletions are remembered so that a page asked for before them does not bring back what is gone.
const TOMBSTONES: usize = 256;

/// How many transactions events bring before the list counts as long: a page that is open for weeks must not
/// grow for weeks. It begins anew only when it is told that nobody reads it.
const BROUGHT: usize = 2_000;

/// The feed.
#[derive(Clone, Debug, Default)]
pub struct Feed {
    user_id: String,
    /// All events up to this number are in.
    seq: u64,
    /// The newest number that is known to exist.
    newest: u64,
    /// Up to this number the person has been told; nothing where that is as far as `seq`.
    told: Option<u64>,
    asked: cursor::Asked,
    /// The events that are missing will not come.
    unreachable: bool,
    /// What is to be told of events that a snapshot has jumped over, unless they come.
    owed: Vec<News>,
    /// The number of an event that says more than it carries.
    stale_since: Option<u64>,
    /// The number of an event after which the order of equal dates is not known.
    disordered_since: Option<u64>,
    /// A snapshot is in, and of the same numbering as the events.
    loaded: bool,
    /// How often the list has begun anew.
    loads: u64,
    /// How many transactions events have brought since the list was last shortened.
    brought: usize,
    /// Nobody reads the list: the next snapshot need not reach as far back as it does.
    unread: bool,
    /// Nothing more comes to it, unless the same person is signed in again.
    given_up: bool,
    /// How often something may have gone.
    removals: u64,
    entries: Vec<Entry>,
    tombstones: VecDeque<TransactionKey>,
    /// The newest of the events that are in.
    log: BTreeMap<u64, FeedEvent>,
    /// Events that wait for those before them, or for the first snapshot.
    held: BTreeMap<u64, FeedEvent>,
    accounts: Vec<Account>,
    summary: Summary,
    next_cursor: Option<String>,
    /// The rank of the last transaction before `next_cursor`. Older ones may be in the list, if
    /// events have brought them, but not all of them.
    reach: i64,
}

/// What a feed lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Nothing.
    Nothing,
    /// Events, which the server can send again.
    Events,
    /// A snapshot: the events so far do not carry what has changed.
    Snapshot,
}

/// A transaction in the list.
#[derive(Clone, Debug)]
struct Entry {
    transaction: Arc<Transaction>,
    rank: i64,
    /// The number of the event that brought it; 0 where it came with a page, whose order stands.
    arrival: u64,
}

/// What is without a date stands at the end. The list has the store's order, which is that of UTC.
fn rank_of(transaction: &Transaction) -> i64 {
    rank(transaction, 0).unwrap_or(i64::MIN)
}

impl Entry {
    fn new(transaction: Transaction, arrival: u64) -> Self {
        let rank = rank_of(&transaction);
        Self { transaction: Arc::new(transaction), rank, arrival }
    }
}

impl Feed {
    /// The feed as a snapshot shows it.
    pub fn new(snapshot: Snapshot) -> Self {
        let mut feed = Self::default();
        feed.fill(snapshot);
        feed
    }

    /// Whose feed it is; empty until it is known.
    pub fn user_id(&self) -> &str {
        &self.user_id
    }

    /// Up to which number all events are in.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// The transactions, newest first: the feed's own, not copies of them.
    pub fn transactions(&self) -> Vec<Arc<Transaction>> {
        self.entries.iter().map(|entry| Arc::clone(&entry.transaction)).collect()
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

    /// A number that changes whenever a transaction may have gone, be it in the list or older than it.
    pub fn removals(&self) -> u64 {
        self.removals
    }

    /// Where the next older page begins; nothing at the end.
    pub fn next_cursor(&self) -> Option<&str> {
        self.next_cursor.as_deref()
    }

    /// Whether a snapshot is in.
    pub fn is_loaded(&self) -> bool {
        self.loaded
    }

    /// What it lacks to be equal to the database.
    pub fn need(&self) -> Need {
        if self.given_up {
            Need::Nothing
        } else if !self.loaded || self.stale_since.is_some() {
            Need::Snapshot
        } else if self.seq < self.newest {
            Need::Events
        } else {
            Need::Nothing
        }
    }

    /// What has happened is not known from the events.
    pub fn require_reload(&mut self) {
        self.stale_since = Some(self.newest.max(self.seq));
    }

    /// Nobody reads the list: if events have made it long, it begins anew with the next snapshot. Whether it
    /// does.
    pub fn shorten(&mut self) -> bool {
        self.unread = self.brought > BROUGHT;
        if self.unread {
            self.require_reload();
        }
        self.unread
    }

    /// The snapshot has not come: by the next one somebody may read again.
    pub fn keep_long(&mut self) {
        self.unread = false;
    }

    /// Nothing more will come to this feed, and it shows nothing any more: whoever looks at it now may not
    /// be the one whose it is. Whose it is and what they have been told stays known, for they may come back.
    pub fn give_up(&mut self) {
        *self = Self {
            told: self.told(),
            user_id: std::mem::take(&mut self.user_id),
            newest: self.newest,
            loads: self.loads + 1,
            given_up: true,
            ..Self::default()
        };
    }

    /// The event at the cursor says more than it carries.
    fn mark_stale(&mut self) {
        self.stale_since = self.stale_since.max(Some(self.seq));
    }

    fn position(&self, transaction: &Transaction) -> Option<usize> {
        self.entries.iter().position(|entry| same(&entry.transaction, transaction))
    }

    /// Puts an entry where it belongs: by rank, then the later arrival first, then as it came.
    fn insert(&mut self, entry: Entry) {
        let place = |entry: &Entry| (entry.rank, entry.arrival);
        let at = self.entries.partition_point(|other| place(other) >= place(&entry));
        self.entries.insert(at, entry);
    }

    /// Adds what is not known, and replaces what is known in an older revision.
    fn upsert(&mut self, transaction: Transaction, arrival: u64) -> Upsert {
        let Some(at) = self.position(&transaction) else {
            self.insert(Entry::new(transaction, arrival));
            return Upsert::Added;
        };
        let Some(entry) = self.entries.get_mut(at) else { return Upsert::Kept };
        if entry.transaction.revision >= transaction.revision {
            return Upsert::Kept;
        }
        let new = Entry::new(transaction, entry.arrival);
        if new.rank == entry.rank {
            // Where it stands among those of the same moment does not change.
            return Upsert::Replaced(std::mem::replace(entry, new).transaction);
        }
        let old = self.entries.remove(at);
        let among_equals = |other: &Entry| other.rank == new.rank && other.arrival == new.arrival;
        if self.is_beyond(new.rank) || self.entries.iter().any(among_equals) {
            self.mark_disordered();
        }
        self.insert(new);
        Upsert::Replaced(old.transaction)
    }

    /// Whether the older pages, which are not loaded, have what is of this rank.
    fn is_beyond(&self, rank: i64) -> bool {
        self.next_cursor.is_some() && rank <= self.reach
    }

    /// The server knows an order that the list does not.
    fn mark_disordered(&mut self) {
        self.mark_stale();
        self.disordered_since = self.stale_since;
    }
}

/// What became of a transaction that was put into the list.
enum Upsert {
    Added,
    Replaced(Arc<Transaction>),
    /// What is there is as new, or newer.
    Kept,
}
