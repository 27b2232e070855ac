//! Transactions: new, updated, deleted, brought back.
//!
//! Owns which report of a transaction counts, its revisions, and what is told of it. Must not know accounts beyond
//! their currency.

use wire::events::{TransactionDeleted, TransactionEvent};
use wire::{Currency, DatePrecision, EventName, Transaction, TransactionStatus};

use crate::apply::Applying;
use crate::change::{Dated, NewTransaction, When};
use crate::outgoing::Outgoing;
use crate::recency::Recency;
use crate::state::{Dirty, StoredTransaction, Tombstone, TransactionState};

impl Applying<'_> {
    /// A transaction is as this says.
    pub(crate) fn put_transaction(&mut self, new: &NewTransaction, recency: Recency) {
        let currency = self.currency_of(new, recency);
        let key = (new.account_id.clone(), new.transaction_id.clone());
        match self.plan.state.transactions.remove(&key) {
            None => self.take_new(key, named(self, new, currency, None), recency, Dirty::New),
            Some(TransactionState::Deleted(tombstone)) => {
                // A report without a version may be a delayed one: what was deleted stays deleted.
                if recency.version.is_none() || recency.is_older_than(tombstone.recency) {
                    self.plan.applied.stale += 1;
                    self.plan.state.transactions.insert(key, TransactionState::Deleted(tombstone));
                    return;
                }
                let transaction = Transaction { revision: tombstone.revision + 1, ..named(self, new, currency, None) };
                self.take_new(key, transaction, recency, Dirty::New);
            }
            Some(TransactionState::Live(stored)) => {
                let new = named(self, new, currency, Some(&stored.transaction));
                self.take_update(key, *stored, new, recency);
            }
        }
    }

    fn take_new(&mut self, key: (String, String), transaction: Transaction, recency: Recency, dirty: Dirty) {
        self.plan.applied.new += 1;
        self.take(EventName::TransactionNew, key, transaction, recency, dirty, None);
    }

    fn take_update(&mut self, key: (String, String), stored: StoredTransaction, new: Transaction, recency: Recency) {
        let mut stored = stored;
        if recency.is_older_than(stored.recency) || takes_back_a_booking(&stored, &new, recency) {
            self.plan.applied.stale += 1;
        } else if stored.transaction.same_content(&new) {
            let advanced = stored.recency.advanced_to(recency);
            // What is compared by arrival alone need not be written each time.
            if advanced.version != stored.recency.version {
                stored.dirty.touch();
            }
            stored.recency = advanced;
        } else {
            self.plan.applied.updated += 1;
            let mut dirty = stored.dirty;
            dirty.touch();
            let former = &stored.transaction.connection_id;
            let former = (*former != new.connection_id).then(|| former.clone());
            let transaction = Transaction { revision: stored.transaction.revision + 1, ..new };
            let recency = stored.recency.advanced_to(recency);
            return self.take(EventName::TransactionUpdated, key, transaction, recency, dirty, former);
        }
        self.plan.state.transactions.insert(key, TransactionState::Live(Box::new(stored)));
    }

    /// Keeps a revision and tells of it.
    pub(crate) fn take(
        &mut self,
        name: EventName,
        key: (String, String),
        transaction: Transaction,
        recency: Recency,
        dirty: Dirty,
        previous_connection_id: Option<String>,
    ) {
        let reported = transaction.clone();
        // What an event says beyond the row is in its payload alone.
        let subject = previous_connection_id.is_none().then(|| key.clone());
        let changed_seq =
            self.tell(name, subject, |stamp| TransactionEvent::new(stamp, reported, previous_connection_id));
        if self.context.forwards {
            self.plan.outgoing.push(Outgoing::put(&transaction));
        }
        let stored = StoredTransaction { transaction, recency, changed_seq, dirty };
        self.plan.state.transactions.insert(key, TransactionState::Live(Box::new(stored)));
    }

    /// A transaction is gone. That is kept in mind, also where it was never there: its report may be on its way.
    pub(crate) fn delete_transaction(&mut self, account_id: &str, transaction_id: &str, recency: Recency) {
        // The account may not be known yet: it holds the place of the deletion.
        self.account(account_id);
        let key = (account_id.to_owned(), transaction_id.to_owned());
        let tombstone = match self.plan.state.transactions.remove(&key) {
            None => Tombstone { recency, revision: 0, had_row: false, dirty: Dirty::New },
            Some(TransactionState::Deleted(mut tombstone)) => {
                let advanced = tombstone.recency.advanced_to(recency);
                if advanced.version != tombstone.recency.version {
                    tombstone.dirty.touch();
                }
                Tombstone { recency: advanced, ..tombstone }
            }
            Some(TransactionState::Live(stored)) if recency.is_older_than(stored.recency) => {
                self.plan.applied.stale += 1;
                self.plan.state.transactions.insert(key, TransactionState::Live(stored));
                return;
            }
            Some(TransactionState::Live(stored)) => {
                self.plan.applied.updated += 1;
                let had_row = stored.dirty != Dirty::New;
                let transaction = stored.transaction;
                self.tell_deletion(&transaction);
                let recency = stored.recency.advanced_to(recency);
                Tombstone { recency, revision: transaction.revision + 1, had_row, dirty: Dirty::New }
            }
        };
        self.plan.state.transactions.insert(key, TransactionState::Deleted(tombstone));
    }

    pub(crate) fn tell_deletion(&mut self, transaction: &Transaction) {
        let Transaction { transaction_id, connector_id, connection_id, account_id, .. } = transaction.clone();
        self.tell(EventName::TransactionDeleted, None, |stamp| {
            TransactionDeleted::new(stamp, transaction_id, connector_id, connection_id, account_id)
        });
        if self.context.forwards {
            self.plan.outgoing.push(Outgoing::delete(transaction));
        }
    }

    /// The transaction's own currency, else its account's, else the connector's.
    fn currency_of(&mut self, new: &NewTransaction, recency: Recency) -> Currency {
        let account = self.account(&new.account_id);
        let currency = new.currency.or(account.currency.value);
        let currency = currency.unwrap_or(self.context.connector.default_currency);
        // An account that is known by a transaction alone has its currency.
        let account = self.account(&new.account_id);
        if account.currency.value.is_none() {
            account.currency.value = Some(currency);
            account.currency.recency = Recency { version: None, arrival: recency.arrival };
            account.dirty.touch();
        }
        currency
    }
}

/// Of two reports with the same version the later one counts, but what is booked does not become pending again.
fn takes_back_a_booking(stored: &StoredTransaction, new: &Transaction, recency: Recency) -> bool {
    stored.transaction.status == Some(TransactionStatus::Posted)
        && new.status == Some(TransactionStatus::Pending)
        && recency.is_contemporary_of(stored.recency)
}

/// When a transaction happened: by its own date, else as it is stored, because another report does not move it; else
/// when the event happened, or the delivery arrived.
fn when(applying: &Applying<'_>, date: &Dated, before: Option<&Transaction>) -> When {
    match (date, before) {
        (Dated::At(when), _) | (Dated::Reported(when), None) => when.clone(),
        (Dated::Reported(_) | Dated::Unknown, Some(before)) => {
            When { date: before.date.clone(), precision: before.precision() }
        }
        (Dated::Unknown, None) => {
            When { date: format!("{:.3}", applying.context.arrived), precision: DatePrecision::Instant }
        }
    }
}

/// The transaction with its owner's name on it.
fn named(
    applying: &Applying<'_>,
    new: &NewTransaction,
    currency: Currency,
    before: Option<&Transaction>,
) -> Transaction {
    let context = applying.context;
    let When { date, precision } = when(applying, &new.date, before);
    // Where a transaction stands in a list does not follow from when it changed.
    let first_seen_at = match before {
        Some(before) => before.first_seen_at.clone(),
        None => Some(format!("{:.3}", context.now)),
    };
    Transaction {
        transaction_id: new.transaction_id.clone(),
        account_id: new.account_id.clone(),
        user_id: context.user_id.to_owned(),
        connection_id: context.connection_id.to_owned(),
        amount: new.amount,
        currency,
        date,
        date_precision: Some(precision),
        primary_type: new.primary_type,
        secondary_type: new.secondary_type.clone(),
        description: new.description.clone(),
        original_description: new.original_description.clone(),
        merchant: new.merchant.clone(),
        reference: new.reference.clone(),
        location: new.location.clone(),
        balance: new.balance,
        metadata: new.metadata.clone(),
        source: context.connector.source.to_string(),
        connector_id: context.connector.id.to_string(),
        connector_type: context.connector.connector_type.to_string(),
        category_hint: new.category_hint.clone(),
        tags: new.tags.clone(),
        receipt_url: new.receipt_url.clone(),
        document_url: new.document_url.clone(),
        status: new.status,
        first_seen_at,
        revision: 1,
    }
}
