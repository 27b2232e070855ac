//! What one event changes.
//!
//! Owns the rules for each kind of event, and that they are taken in one after the other. Must not
//! reload nor decide what is told.

use wire::events::{BalanceUpdated, TransactionDeleted, TransactionEvent};
use wire::time::unix_millis;
use wire::transaction::TransactionKey;

use super::{Feed, FeedEvent, HELD, LOG_LENGTH, News, TOMBSTONES, Upsert};
use crate::identity::names;
use crate::realtime::month;

/// What came of an event, and of those that had waited for it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Whether the list, the accounts or the totals are others now, or something older has gone.
    pub changed: bool,
    /// What to tell, in the order in which it happened.
    pub news: Vec<News>,
    /// Whether the event waits for others that have not come: to be taken in, or to be told.
    pub gap: bool,
}

impl Feed {
    /// Takes in one event, and what had waited for it.
    pub fn apply(&mut self, event: FeedEvent) -> Outcome {
        let mut outcome = Outcome::default();
        self.receive(event, &mut outcome);
        outcome
    }

    pub(super) fn receive(&mut self, event: FeedEvent, outcome: &mut Outcome) {
        let seq = event.seq();
        self.newest = self.newest.max(seq);
        if !self.loaded {
            return self.hold(event);
        }
        let told = *self.told.get_or_insert(self.seq);
        if seq > self.seq + 1 {
            self.hold(event);
        } else if seq > self.seq {
            self.advance(event, outcome);
            while let Some(next) = self.held.remove(&(self.seq + 1)) {
                self.advance(next, outcome);
            }
        } else if seq > told {
            self.log.insert(seq, event);
            self.tell(outcome);
            self.trim();
        }
        let told = self.told.unwrap_or_default();
        outcome.gap |= !self.unreachable && seq > self.seq.min(told);
        if self.seq >= self.newest && told >= self.seq {
            self.unreachable = false;
        }
    }

    fn hold(&mut self, event: FeedEvent) {
        if self.held.len() < HELD {
            self.held.insert(event.seq(), event);
        }
    }

    fn trim(&mut self) {
        while self.log.len() > LOG_LENGTH {
            self.log.pop_first();
        }
    }

    fn advance(&mut self, event: FeedEvent, outcome: &mut Outcome) {
        outcome.changed |= self.take_in(event);
        self.tell(outcome);
    }

    /// Applies the next event; whether anything changed.
    pub(super) fn take_in(&mut self, event: FeedEvent) -> bool {
        self.seq = event.seq();
        if unix_millis(event.timestamp()).is_some_and(|at| month::is_later(at, &self.summary.from)) {
            // The totals are of a month that is over.
            self.mark_stale();
        }
        let changed = match &event {
            FeedEvent::New(event) | FeedEvent::Updated(event) => self.put(event),
            FeedEvent::Deleted(event) => {
                self.delete(event);
                true
            }
            FeedEvent::Balance(event) => self.set_balance(event),
            FeedEvent::Connection(_) | FeedEvent::Sync(_) => {
                self.mark_stale();
                false
            }
        };
        self.log.insert(self.seq, event);
        self.trim();
        changed
    }

    fn put(&mut self, event: &TransactionEvent) -> bool {
        let transaction = &event.transaction;
        self.tombstones.retain(|tombstone| !names(tombstone, transaction));
        let known_account = self.accounts.iter().any(|account| {
            account.account_id == transaction.account_id && account.connection_id == transaction.connection_id
        });
        if !known_account {
            self.mark_stale();
        }
        let upsert = self.upsert(transaction.clone(), event.seq);
        if matches!(upsert, Upsert::Added) {
            self.brought += 1;
        }
        match upsert {
            // Its earlier revision may be in the totals without being in the list.
            Upsert::Added if transaction.revision > 1 => self.mark_disordered(),
            Upsert::Added => self.count_in(transaction),
            Upsert::Replaced(old) => {
                self.count_out(&old);
                self.count_in(transaction);
            }
            Upsert::Kept => {
                // An older page was read after it had happened; the totals do not have it yet.
                self.mark_disordered();
                return false;
            }
        }
        true
    }

    fn delete(&mut self, event: &TransactionDeleted) {
        self.removals += 1;
        let key = TransactionKey {
            connector_id: event.connector_id.clone(),
            connection_id: event.connection_id.clone(),
            account_id: event.account_id.clone(),
            transaction_id: event.transaction_id.clone(),
        };
        let position = self.entries.iter().position(|entry| names(&key, &entry.transaction));
        match position {
            Some(at) => {
                let old = self.entries.remove(at);
                self.count_out(&old.transaction);
            }
            // It may be in the totals without being in the list.
            None => self.mark_stale(),
        }
        self.tombstones.push_back(key);
        while self.tombstones.len() > TOMBSTONES {
            self.tombstones.pop_front();
        }
    }

    fn set_balance(&mut self, event: &BalanceUpdated) -> bool {
        let account = self
            .accounts
            .iter_mut()
            .find(|account| account.account_id == event.account_id && account.connection_id == event.connection_id);
        let Some(account) = account.filter(|account| account.currency == event.currency) else {
            // Which totals it belongs to is for the server to say.
            self.mark_stale();
            return false;
        };
        account.balance = Some(event.balance);
        account.available = event.available;
        account.updated_at.clone_from(&event.timestamp);
        self.sum_balances();
        true
    }
}
