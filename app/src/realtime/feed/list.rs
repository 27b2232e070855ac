//! The ordered list of loaded transactions.
//!
//! Owns the order, and how far back the list reaches. Must not know events, totals or sequence numbers beyond the
//! order in which rows arrived.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use wire::Transaction;
use wire::rank::rank;
use wire::transaction::TransactionKey;

use crate::identity::{names, same};

#[derive(Clone, Debug, Default)]
pub(super) struct List {
    entries: Vec<Entry>,
    /// Where the next older page begins; `None` at the end.
    next_cursor: Option<String>,
    /// The rank of the last transaction before `next_cursor`. Events may have added older ones, but not all of those
    /// are loaded.
    reach: i64,
}

/// A transaction in the list.
#[derive(Clone, Debug)]
struct Entry {
    transaction: Arc<Transaction>,
    rank: i64,
    /// The number of the event that added it; 0 if a page did, whose order is kept.
    arrival: u64,
}

/// The result of adding a transaction to the list.
pub(super) enum Upsert {
    Added,
    /// Whether its order among equal ranks is known.
    Replaced {
        old: Arc<Transaction>,
        is_order_known: bool,
    },
    /// The list has the same revision or a newer one.
    Kept,
}

/// The rank by which the store orders, in UTC. Transactions without a valid date are at the end.
fn rank_of(transaction: &Transaction) -> i64 {
    rank(transaction, 0).unwrap_or(i64::MIN)
}

/// The rank of a page's last transaction.
fn end_of(transactions: &[Transaction]) -> i64 {
    transactions.last().map_or(i64::MAX, rank_of)
}

impl Entry {
    fn new(transaction: Transaction, arrival: u64) -> Self {
        let rank = rank_of(&transaction);
        Self { transaction: Arc::new(transaction), rank, arrival }
    }
}

impl List {
    /// The list of a snapshot, and whether its order is known. Pages that were read one after the other may contain the
    /// same transaction.
    pub(super) fn new(transactions: Vec<Transaction>, next_cursor: Option<String>) -> (Self, bool) {
        let mut list = Self { entries: Vec::new(), next_cursor, reach: end_of(&transactions) };
        let (mut ids, mut is_order_known) = (HashSet::new(), true);
        for transaction in transactions {
            if ids.insert(transaction.transaction_id.clone()) {
                list.insert(Entry::new(transaction, 0));
            } else {
                is_order_known &= list.upsert(transaction, 0).is_order_known();
            }
        }
        (list, is_order_known)
    }

    /// The transactions, newest first: shared, not copied.
    pub(super) fn transactions(&self) -> Vec<Arc<Transaction>> {
        self.entries.iter().map(|entry| Arc::clone(&entry.transaction)).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn next_cursor(&self) -> Option<&str> {
        self.next_cursor.as_deref()
    }

    /// The transaction in the list.
    pub(super) fn find(&self, transaction: &Transaction) -> Option<&Arc<Transaction>> {
        let entry = self.entries.iter().find(|entry| same(&entry.transaction, transaction));
        entry.map(|entry| &entry.transaction)
    }

    /// Whether a transaction belongs to the older pages, which are not loaded.
    pub(super) fn is_beyond(&self, transaction: &Transaction) -> bool {
        self.is_rank_beyond(rank_of(transaction))
    }

    fn is_rank_beyond(&self, rank: i64) -> bool {
        self.next_cursor.is_some() && rank <= self.reach
    }

    /// Inserts an entry in order: by rank, then the later arrival first, then by insertion.
    fn insert(&mut self, entry: Entry) {
        let place = |entry: &Entry| (entry.rank, entry.arrival);
        let at = self.entries.partition_point(|other| place(other) >= place(&entry));
        self.entries.insert(at, entry);
    }

    /// Adds a transaction, or replaces an older revision of it.
    pub(super) fn upsert(&mut self, transaction: Transaction, arrival: u64) -> Upsert {
        let Some(at) = self.entries.iter().position(|entry| same(&entry.transaction, &transaction)) else {
            self.insert(Entry::new(transaction, arrival));
            return Upsert::Added;
        };
        self.replace_at(at, transaction)
    }

    /// Replaces the transaction with this key by its successor, which has another key.
    pub(super) fn rename(&mut self, key: &TransactionKey, successor: Transaction) -> Option<Upsert> {
        let at = self.entries.iter().position(|entry| names(key, &entry.transaction))?;
        Some(self.replace_at(at, successor))
    }

    fn replace_at(&mut self, at: usize, transaction: Transaction) -> Upsert {
        let Some(entry) = self.entries.get_mut(at) else { return Upsert::Kept };
        if entry.transaction.revision >= transaction.revision && same(&entry.transaction, &transaction) {
            return Upsert::Kept;
        }
        let new = Entry::new(transaction, entry.arrival);
        if new.rank == entry.rank {
            // Its order among equal ranks does not change.
            return Upsert::Replaced { old: std::mem::replace(entry, new).transaction, is_order_known: true };
        }
        let old = self.entries.remove(at);
        let among_equals = |other: &Entry| other.rank == new.rank && other.arrival == new.arrival;
        let is_order_known = !self.is_rank_beyond(new.rank) && !self.entries.iter().any(among_equals);
        self.insert(new);
        Upsert::Replaced { old: old.transaction, is_order_known }
    }

    pub(super) fn remove(&mut self, key: &TransactionKey) -> Option<Arc<Transaction>> {
        let at = self.entries.iter().position(|entry| names(key, &entry.transaction))?;
        Some(self.entries.remove(at).transaction)
    }

    /// Adds the next older page, except deleted transactions. Returns whether the order is known.
    pub(super) fn append(
        &mut self,
        page: Vec<Transaction>,
        next_cursor: Option<String>,
        is_deleted: impl Fn(&Transaction) -> bool,
    ) -> bool {
        self.next_cursor = next_cursor;
        self.reach = end_of(&page);
        let mut is_order_known = true;
        for transaction in page.into_iter().filter(|it| !is_deleted(it)) {
            is_order_known &= self.upsert(transaction, 0).is_order_known();
        }
        is_order_known
    }

    /// How many loaded transactions are older than the given first pages.
    pub(super) fn lacking(&self, page: &[Transaction]) -> usize {
        let end = end_of(page);
        let at_end = page.iter().rev().take_while(|it| rank_of(it) == end).collect::<Vec<_>>();
        let is_lacking = |entry: &&Entry| {
            let is_loaded = self.next_cursor.is_none() || entry.rank >= self.reach;
            let is_beyond =
                entry.rank < end || (entry.rank == end && !at_end.iter().any(|it| same(it, &entry.transaction)));
            is_loaded && is_beyond
        };
        self.entries.iter().filter(is_lacking).count()
    }

    /// Keeps the objects of unchanged transactions, so that their rows are not redrawn.
    pub(super) fn share_unchanged(&mut self, before: &Self) {
        let known = Index::of(&before.entries);
        for entry in &mut self.entries {
            if let Some(old) = known.find(&entry.transaction).filter(|old| old.transaction == entry.transaction) {
                entry.transaction = Arc::clone(&old.transaction);
            }
        }
    }

    /// Keeps the older pages below a snapshot, if no event was missed; but not the transactions of later events,
    /// because those events add and count them again.
    pub(super) fn keep_older(&mut self, before: &Self, comes_later: impl Fn(&Transaction) -> bool) {
        let last = self.reach;
        let shown = Index::of(&self.entries);
        let behind = before.entries.iter().filter(|entry| entry.rank <= last && !comes_later(&entry.transaction));
        let older: Vec<_> = behind.filter(|entry| shown.find(&entry.transaction).is_none()).cloned().collect();
        for entry in older {
            // After the snapshot's transactions of the same rank.
            self.insert(Entry { arrival: 0, ..entry });
        }
        self.next_cursor.clone_from(&before.next_cursor);
        self.reach = before.reach;
    }

    /// The transactions that another list did not have, oldest first. Excludes those older than all that was loaded
    /// there: a deletion may have moved them up.
    pub(super) fn unknown_to(&self, before: &Self) -> Vec<Arc<Transaction>> {
        let known = Index::of(&before.entries);
        let entries = self.entries.iter().rev().filter(|entry| !before.is_rank_beyond(entry.rank));
        let unknown = entries.filter(|entry| known.find(&entry.transaction).is_none());
        unknown.map(|entry| Arc::clone(&entry.transaction)).collect()
    }
}

impl Upsert {
    fn is_order_known(&self) -> bool {
        !matches!(self, Self::Replaced { is_order_known: false, .. })
    }
}

/// An index of a list. Scanning one long list for each row of another takes quadratic time.
struct Index<'a> {
    entries: &'a [Entry],
    /// By the provider's id, which is nearly always unique.
    by_id: HashMap<&'a str, usize>,
}

impl<'a> Index<'a> {
    fn of(entries: &'a [Entry]) -> Self {
        let ids = entries.iter().enumerate().map(|(at, entry)| (entry.transaction.transaction_id.as_str(), at));
        Self { entries, by_id: ids.collect() }
    }

    fn find(&self, transaction: &Transaction) -> Option<&'a Entry> {
        let at = *self.by_id.get(transaction.transaction_id.as_str())?;
        let found = self.entries.get(at).filter(|entry| same(&entry.transaction, transaction));
        found.or_else(|| self.entries.iter().find(|entry| same(&entry.transaction, transaction)))
    }
}
