//! What one event changes.
//!
//! Owns the rules for each kind of event, and that they are taken in one after the other. Must not
//! reload.

use wire::Transaction;
use wire::events::{BalanceUpdated, SyncStats, TransactionDeleted, TransactionEvent};
use wire::time::unix_millis;
use wire::transaction::TransactionKey;

use super::{Feed, FeedEvent, HELD, LOG_LENGTH, TOMBSTONES, Upsert, millis_of};
use crate::realtime::month;

/// Something to tell the person who looks.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// A transaction appeared.
    Added(Box<Transaction>),
    /// A transaction changed.
    Updated(Box<Transaction>),
    /// A synchronisation has ended.
    Synced(SyncStats),
}

/// What came of an event, and of those that had waited for it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Whether the list, the accounts or the totals are others now.
    pub changed: bool,
    /// What to tell, in the order in which it happened.
    pub news: Vec<News>,
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
        if !self.loaded || seq > self.seq + 1 {
            if self.held.len() < HELD {
                self.held.insert(seq, event);
            }
        } else if seq <= self.seq {
            if self.told.is_some_and(|told| seq > told) {
                self.told = Some(seq);
                outcome.news.extend(self.in_hindsight(&event));
            }
        } else {
            self.advance(event, outcome);
            while let Some(next) = self.held.remove(&(self.seq + 1)) {
                self.advance(next, outcome);
            }
        }
    }

    fn advance(&mut self, event: FeedEvent, outcome: &mut Outcome) {
        let is_news = self.is_news(event.seq());
        let (changed, news) = self.take_in(event);
        outcome.changed |= changed;
        outcome.news.extend(news.filter(|_| is_news));
    }

    /// Applies the next event; whether anything changed, and what there is to tell.
    pub(super) fn take_in(&mut self, event: FeedEvent) -> (bool, Option<News>) {
        self.seq = event.seq();
        if unix_millis(event.timestamp()).is_some_and(|at| month::is_later(at, &self.summary.from)) {
            // The totals are of a month that is over.
            self.mark_stale();
        }
        let result = match &event {
            FeedEvent::New(event) | FeedEvent::Updated(event) => self.put(event),
            FeedEvent::Deleted(event) => (self.delete(event), None),
            FeedEvent::Balance(event) => (self.set_balance(event), None),
            FeedEvent::Connection(_) => {
                self.mark_stale();
                (false, None)
            }
            FeedEvent::Sync(event) => {
                self.mark_stale();
                (false, Some(News::Synced(event.stats)))
            }
        };
        self.log.insert(self.seq, event);
        while self.log.len() > LOG_LENGTH {
            self.log.pop_first();
        }
        result
    }

    fn put(&mut self, event: &TransactionEvent) -> (bool, Option<News>) {
        let transaction = &event.transaction;
        let key = transaction.key();
        self.tombstones.retain(|tombstone| *tombstone != key);
        let known_account = self.accounts.iter().any(|account| {
            account.account_id == transaction.account_id && account.connection_id == transaction.connection_id
        });
        if !known_account {
            self.mark_stale();
        }
        let boxed = Box::new(transaction.clone());
        match self.upsert(transaction.clone(), event.seq) {
            Upsert::Added if transaction.revision > 1 => {
                // Its earlier revision may be in the totals without being in the list.
                self.mark_disordered();
                (true, Some(News::Updated(boxed)))
            }
            Upsert::Added => {
                self.count_in(transaction);
                (true, Some(News::Added(boxed)))
            }
            Upsert::Replaced(old) => {
                self.count_out(&old);
                self.count_in(transaction);
                (true, Some(News::Updated(boxed)))
            }
            Upsert::Kept => {
                // An older page was read after it had happened; the totals do not have it yet.
                self.mark_disordered();
                let is_new = transaction.revision == 1;
                let news = self.as_it_is(transaction);
                (false, news.map(|it| if is_new { News::Added(it) } else { News::Updated(it) }))
            }
        }
    }

    /// A transaction as the list has it now. One that is older than what is loaded is taken as it was
    /// told of; one that should be in the list and is not has been deleted since.
    pub(super) fn as_it_is(&self, told: &Transaction) -> Option<Box<Transaction>> {
        if let Some(entry) = self.position(&told.key()).and_then(|at| self.entries.get(at)) {
            return Some(Box::new(entry.transaction.clone()));
        }
        self.is_beyond(millis_of(&told.date)).then(|| Box::new(told.clone()))
    }

    fn delete(&mut self, event: &TransactionDeleted) -> bool {
        let key = TransactionKey {
            connector_id: event.connector_id.clone(),
            connection_id: event.connection_id.clone(),
            account_id: event.account_id.clone(),
            transaction_id: event.transaction_id.clone(),
        };
        let position = self.position(&key);
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
        position.is_some()
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
