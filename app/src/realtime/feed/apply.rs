//! What one event changes.
//!
//! Owns the rules for each kind of event and for the cursor. Must not reload.

use wire::Transaction;
use wire::events::{BalanceUpdated, SyncStats, TransactionDeleted, TransactionEvent};
use wire::transaction::TransactionKey;

use super::{Feed, FeedEvent, LOG_LENGTH, TOMBSTONES, Upsert};

/// What an event changed for the person who looks.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Nothing: it was in already, or older than what is shown.
    Nothing,
    /// A transaction appeared.
    Added(Box<Transaction>),
    /// A transaction changed.
    Updated(Box<Transaction>),
    /// A transaction disappeared.
    Removed,
    /// An account's balance changed.
    Balance,
    /// A connection changed.
    Connection,
    /// A synchronisation has ended.
    Synced(SyncStats),
}

impl Feed {
    /// Takes in one event.
    pub fn apply(&mut self, event: FeedEvent) -> Change {
        let seq = event.seq();
        if seq <= self.seq || self.log.contains_key(&seq) {
            return Change::Nothing;
        }
        let change = match &event {
            FeedEvent::New(event) | FeedEvent::Updated(event) => self.put(event),
            FeedEvent::Deleted(event) => self.delete(event),
            FeedEvent::Balance(event) => self.set_balance(event),
            FeedEvent::Connection(_) => {
                self.mark_stale(seq);
                Change::Connection
            }
            FeedEvent::Sync(event) => {
                self.mark_stale(seq);
                Change::Synced(event.stats)
            }
        };
        self.log.insert(seq, event);
        self.newest = self.newest.max(seq);
        while self.log.contains_key(&(self.seq + 1)) {
            self.seq += 1;
        }
        // Only what lies behind the cursor may be forgotten: beyond it, the log is what tells a
        // duplicate.
        while self.log.len() > LOG_LENGTH && self.log.first_key_value().is_some_and(|(first, _)| *first <= self.seq) {
            self.log.pop_first();
        }
        change
    }

    fn put(&mut self, event: &TransactionEvent) -> Change {
        let transaction = &event.transaction;
        let key = transaction.key();
        // Out of order: the deletion with a higher number came first.
        let deleted_later = self.log.range(event.seq..).any(|(_, later)| deletes(later, &key));
        if deleted_later {
            return Change::Nothing;
        }
        self.tombstones.retain(|tombstone| *tombstone != key);
        let known_account = self.accounts.iter().any(|account| {
            account.account_id == transaction.account_id && account.connection_id == transaction.connection_id
        });
        if !known_account {
            self.mark_stale(event.seq);
        }
        match self.upsert(transaction.clone(), event.seq) {
            Upsert::Added if transaction.revision > 1 => {
                // Its earlier revision may be in the totals without being in the list.
                self.mark_stale(event.seq);
                Change::Updated(Box::new(transaction.clone()))
            }
            Upsert::Added => {
                self.count_in(transaction);
                Change::Added(Box::new(transaction.clone()))
            }
            Upsert::Replaced(old) => {
                self.count_out(&old);
                self.count_in(transaction);
                Change::Updated(Box::new(transaction.clone()))
            }
            Upsert::Kept => Change::Nothing,
        }
    }

    fn delete(&mut self, event: &TransactionDeleted) -> Change {
        let key = TransactionKey {
            connector_id: event.connector_id.clone(),
            connection_id: event.connection_id.clone(),
            account_id: event.account_id.clone(),
            transaction_id: event.transaction_id.clone(),
        };
        let recreated_later = self.log.range(event.seq..).any(|(_, later)| match later {
            FeedEvent::New(later) | FeedEvent::Updated(later) => later.transaction.key() == key,
            _ => false,
        });
        if recreated_later {
            return Change::Nothing;
        }
        let change = match self.position(&key) {
            Some(at) => {
                let old = self.entries.remove(at);
                self.count_out(&old.transaction);
                Change::Removed
            }
            None => {
                // It may be in the totals without being in the list.
                self.mark_stale(event.seq);
                Change::Nothing
            }
        };
        self.tombstones.push_back(key);
        while self.tombstones.len() > TOMBSTONES {
            self.tombstones.pop_front();
        }
        change
    }

    fn set_balance(&mut self, event: &BalanceUpdated) -> Change {
        let told_later = self.log.range(event.seq..).any(|(_, later)| match later {
            FeedEvent::Balance(later) => {
                later.account_id == event.account_id && later.connection_id == event.connection_id
            }
            _ => false,
        });
        if told_later {
            return Change::Nothing;
        }
        let account = self
            .accounts
            .iter_mut()
            .find(|account| account.account_id == event.account_id && account.connection_id == event.connection_id);
        let Some(account) = account else {
            self.mark_stale(event.seq);
            return Change::Nothing;
        };
        account.balance = Some(event.balance);
        account.available = event.available;
        account.currency = event.currency;
        account.updated_at.clone_from(&event.timestamp);
        self.sum_balances();
        Change::Balance
    }
}

fn deletes(event: &FeedEvent, key: &TransactionKey) -> bool {
    match event {
        FeedEvent::Deleted(event) => {
            event.transaction_id == key.transaction_id
                && event.account_id == key.account_id
                && event.connection_id == key.connection_id
                && event.connector_id == key.connector_id
        }
        _ => false,
    }
}
