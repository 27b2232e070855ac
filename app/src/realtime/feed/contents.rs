//! The contents of the page: the list, the accounts and the totals.
//!
//! Owns what each kind of event changes, and when an event does not carry all its changes, so that a reload is needed.
//! Must not know the order in which events arrive or who is notified.

use std::collections::VecDeque;
use std::sync::Arc;

use wire::Transaction;
use wire::api::{Snapshot, TransactionsPage};
use wire::events::{TransactionDeleted, TransactionEvent};
use wire::transaction::TransactionKey;

use super::list::{List, Upsert};
use super::totals::Totals;
use crate::identity::names;
use crate::realtime::event::FeedEvent;

/// Deletions are remembered, so that a page requested before them does not bring back a deleted transaction.
const TOMBSTONES: usize = 256;

#[derive(Clone, Debug, Default)]
pub(super) struct Contents {
    pub(super) list: List,
    pub(super) totals: Totals,
    tombstones: VecDeque<TransactionKey>,
    /// The number of an event that does not carry all its changes.
    stale_since: Option<u64>,
    /// The number of an event after which the order of transactions with equal dates is not known.
    disordered_since: Option<u64>,
    /// How many transactions events have added since the list was last shortened.
    pub(super) added: usize,
    /// Counts possible removals.
    pub(super) removals: u64,
}

impl Contents {
    /// The contents of a snapshot, in place of the current ones.
    pub(super) fn reloaded(&self, snapshot: Snapshot) -> Self {
        let at = snapshot.seq;
        let (list, is_order_known) = List::new(snapshot.transactions, snapshot.next_cursor);
        let mut contents = Self {
            list,
            totals: Totals::new(snapshot.accounts, snapshot.summary),
            tombstones: self.tombstones.clone(),
            stale_since: self.stale_since.filter(|since| *since > at),
            disordered_since: self.disordered_since.filter(|since| *since > at),
            added: self.added,
            removals: self.removals,
        };
        contents.list.share_unchanged(&self.list);
        if !is_order_known {
            contents.mark_disordered(at);
        }
        contents
    }

    /// Empty contents, after everything was dropped.
    pub(super) fn dropped(&self) -> Self {
        Self { removals: self.removals + 1, ..Self::default() }
    }

    /// Whether a reload is needed.
    pub(super) fn is_stale(&self) -> bool {
        self.stale_since.is_some()
    }

    /// Whether the list's order may differ from the server's.
    pub(super) fn is_disordered(&self) -> bool {
        self.disordered_since.is_some()
    }

    /// Records that the event with this number does not carry all its changes.
    pub(super) fn mark_stale(&mut self, seq: u64) {
        self.stale_since = self.stale_since.max(Some(seq));
    }

    fn mark_disordered(&mut self, seq: u64) {
        self.mark_stale(seq);
        self.disordered_since = self.stale_since;
    }

    /// A reload is needed, whatever the events say.
    pub(super) fn require_reload(&mut self, newest: u64) {
        self.stale_since = Some(newest);
    }

    /// Applies one event. Returns whether anything visible changed.
    pub(super) fn apply(&mut self, event: &FeedEvent) -> bool {
        let seq = event.seq();
        if self.totals.are_outdated_at(event.timestamp()) {
            self.mark_stale(seq);
        }
        match event {
            FeedEvent::New(event) | FeedEvent::Updated(event) => self.put(event),
            FeedEvent::Deleted(event) => {
                self.delete(event);
                true
            }
            FeedEvent::Balance(event) => {
                let is_known = self.totals.set_balance(event);
                if !is_known {
                    self.mark_stale(seq);
                }
                is_known
            }
            FeedEvent::Connection(_) | FeedEvent::Sync(_) => {
                self.mark_stale(seq);
                false
            }
        }
    }

    fn put(&mut self, event: &TransactionEvent) -> bool {
        let (transaction, seq) = (&event.transaction, event.seq);
        self.tombstones.retain(|tombstone| !names(tombstone, transaction));
        if !self.totals.has_account_of(transaction) {
            self.mark_stale(seq);
        }
        let previous = event.previous_connection_id.as_ref().filter(|previous| **previous != transaction.connection_id);
        let relinked = previous.and_then(|previous| self.relink(previous.clone(), transaction, seq));
        match relinked.unwrap_or_else(|| self.list.upsert(transaction.clone(), seq)) {
            Upsert::Added => {
                self.added += 1;
                if transaction.revision > 1 || previous.is_some() {
                    // Its earlier revision may be in the totals without being in the list.
                    self.mark_disordered(seq);
                } else {
                    self.count(seq, None, Some(transaction));
                }
            }
            Upsert::Replaced { old, is_order_known } => {
                if !is_order_known {
                    self.mark_disordered(seq);
                }
                self.count(seq, Some(&old), Some(transaction));
            }
            Upsert::Kept => {
                // An older page was read after the event; the totals do not include it yet.
                self.mark_disordered(seq);
                return previous.is_some();
            }
        }
        true
    }

    /// The account was linked again: the row of the previous connection becomes that of the new one. Where the list
    /// has both, the old one is removed.
    fn relink(&mut self, previous: String, transaction: &Transaction, seq: u64) -> Option<Upsert> {
        let old = TransactionKey { connection_id: previous, ..transaction.key() };
        let is_known = self.list.find(transaction).is_some();
        let relinked = if is_known { None } else { self.list.rename(&old, transaction.clone()) };
        if is_known && self.list.remove(&old).is_some() {
            // Only the server knows which of the two the totals include.
            self.mark_disordered(seq);
        }
        self.removals += 1;
        self.bury(old);
        relinked
    }

    fn delete(&mut self, event: &TransactionDeleted) {
        self.removals += 1;
        let key = TransactionKey {
            connector_id: event.connector_id.clone(),
            connection_id: event.connection_id.clone(),
            account_id: event.account_id.clone(),
            transaction_id: event.transaction_id.clone(),
        };
        match self.list.remove(&key) {
            Some(old) => self.count(event.seq, Some(&old), None),
            // The transaction may be in the totals without being in the list.
            None => self.mark_stale(event.seq),
        }
        self.bury(key);
    }

    fn bury(&mut self, key: TransactionKey) {
        self.tombstones.push_back(key);
        while self.tombstones.len() > TOMBSTONES {
            self.tombstones.pop_front();
        }
    }

    fn count(&mut self, seq: u64, removed: Option<&Transaction>, added: Option<&Transaction>) {
        let counted_out = removed.is_none_or(|transaction| self.totals.count_out(transaction));
        let counted_in = added.is_none_or(|transaction| self.totals.count_in(transaction));
        if !(counted_out && counted_in) {
            self.mark_stale(seq);
        }
    }

    /// Adds the next older page.
    pub(super) fn append(&mut self, page: TransactionsPage, seq: u64) {
        let tombstones = &self.tombstones;
        let is_deleted = |transaction: &Transaction| tombstones.iter().any(|gone| names(gone, transaction));
        if !self.list.append(page.transactions, page.next_cursor, is_deleted) {
            self.mark_disordered(seq);
        }
    }

    /// A transaction's current state in the list. One older than the loaded transactions is taken from the event; one
    /// that is missing from the loaded range has been deleted since.
    pub(super) fn current(&self, transaction: &Transaction) -> Option<Arc<Transaction>> {
        match self.list.find(transaction) {
            Some(current) => Some(Arc::clone(current)),
            None => self.list.is_beyond(transaction).then(|| Arc::new(transaction.clone())),
        }
    }
}
