//! The stored state of the rows that changes affect.
//!
//! Owns the shape of that state, and which parts were altered. A store fills it in for the accounts and transactions
//! that the changes name, and nothing else. Must not know how it is stored.

use std::collections::BTreeMap;

use wire::{Amount, Currency, Transaction, TransactionStatus};

use crate::recency::Recency;

/// The key of a transaction: its account, and the first id under which the provider reported it.
pub type Key = (String, String);

/// The stored state of the rows that changes affect.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// The user's newest event number.
    pub seq: u64,
    /// The connection; `None` if it is not registered.
    pub connection: Option<ConnectionState>,
    /// The accounts by the provider's id.
    pub accounts: BTreeMap<String, AccountState>,
    /// The transactions by key; those that are not stored are missing.
    pub transactions: BTreeMap<Key, TransactionState>,
    /// The first ids of transactions that now have a different one, by account and newest id.
    pub renamed: BTreeMap<(String, String), String>,
}

impl State {
    /// The key of the transaction that a provider's id names, whether the id is the first or the newest.
    pub fn key_of(&self, account_id: &str, provider_id: &str) -> Key {
        let named = (account_id.to_owned(), provider_id.to_owned());
        match self.renamed.get(&named) {
            Some(first) => (named.0, first.clone()),
            None => named,
        }
    }

    /// The transaction under a key, if there is one.
    pub fn live(&self, key: &Key) -> Option<&StoredTransaction> {
        match self.transactions.get(key)? {
            TransactionState::Live(stored) => Some(stored),
            TransactionState::Deleted(_) => None,
        }
    }

    /// Stores a transaction or its tombstone under its key.
    pub fn insert(&mut self, key: Key, state: TransactionState) {
        if let TransactionState::Live(stored) = &state
            && let Some(newest) = &stored.transaction.provider_transaction_id
        {
            self.renamed.insert((key.0.clone(), newest.clone()), key.1.clone());
        }
        self.transactions.insert(key, state);
    }

    /// Removes and returns the entry of a key.
    pub(crate) fn take(&mut self, key: &Key) -> Option<TransactionState> {
        let taken = self.transactions.remove(key)?;
        if let TransactionState::Live(stored) = &taken
            && let Some(newest) = &stored.transaction.provider_transaction_id
        {
            self.renamed.remove(&(key.0.clone(), newest.clone()));
        }
        Some(taken)
    }
}

/// Whether something has to be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dirty {
    /// It is unchanged since it was loaded.
    #[default]
    No,
    /// Its values changed.
    Changed,
    /// It was not stored.
    New,
}

impl Dirty {
    pub(crate) fn touch(&mut self) {
        if *self == Self::No {
            *self = Self::Changed;
        }
    }
}

/// A connection's own state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectionState {
    /// `active`, `pending`, `invalid`, `revoked` or `deleted`.
    pub status: String,
    /// How recent the status is.
    pub recency: Recency,
    /// Whether it has to be written.
    pub dirty: Dirty,
}

/// A value with its recency. A member that a report leaves out stays unchanged, so each value has its own recency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known<T> {
    /// The value, if it was ever reported.
    pub value: Option<T>,
    /// How recent it is.
    pub recency: Recency,
}

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self { value: None, recency: Recency::default() }
    }
}

/// The effect of a reported value.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Taken {
    /// The value differs from the previous one.
    pub(crate) is_other: bool,
    /// The value or its recency changed, and has to be written.
    pub(crate) is_newer: bool,
}

impl<T: Clone + PartialEq> Known<T> {
    /// Takes a reported value unless it is older than the known one. An equal value counts as well: a report older than
    /// this one must not replace it later.
    pub(crate) fn take(&mut self, reported: Option<&T>, recency: Recency) -> Taken {
        let Some(reported) = reported.filter(|_| self.value.is_none() || !recency.is_older_than(self.recency)) else {
            return Taken::default();
        };
        let is_other = self.value.as_ref() != Some(reported);
        let advanced = if self.value.is_none() { recency } else { self.recency.advanced_to(recency) };
        let is_newer = is_other || advanced != self.recency;
        self.recency = advanced;
        if is_other {
            self.value = Some(reported.clone());
        }
        Taken { is_other, is_newer }
    }
}

/// An account.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AccountState {
    /// Its name.
    pub name: Known<String>,
    /// The last four digits of its number.
    pub last_digits: Known<String>,
    /// `transaction`, `savings`, `credit-card` …
    pub kind: Known<String>,
    /// Its currency.
    pub currency: Known<Currency>,
    /// The booked balance.
    pub balance: Known<Amount>,
    /// The available balance.
    pub available: Known<Amount>,
    /// The revision of its new transactions: 1 unless earlier ones were purged, whose revisions are not reused.
    pub first_revision: u32,
    /// Whether it has to be written.
    pub dirty: Dirty,
}

impl AccountState {
    /// An account that is not stored yet.
    pub(crate) fn unknown() -> Self {
        Self { dirty: Dirty::New, ..Self::default() }
    }
}

/// A stored transaction.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredTransaction {
    /// The transaction as clients see it.
    pub transaction: Transaction,
    /// How recent it is.
    pub recency: Recency,
    /// The event of its newest revision.
    pub changed_seq: u64,
    /// Whether it has to be written.
    pub dirty: Dirty,
}

impl StoredTransaction {
    /// The provider's newest id of it.
    pub fn provider_id(&self) -> &str {
        self.transaction.provider_transaction_id.as_deref().unwrap_or(&self.transaction.transaction_id)
    }

    /// Whether the bank has not booked it yet.
    pub fn is_pending(&self) -> bool {
        self.transaction.status == Some(TransactionStatus::Pending)
    }
}

/// A deleted transaction: an older report must not restore it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tombstone {
    /// How recent the deletion is.
    pub recency: Recency,
    /// The deletion's revision; 0 if there was no transaction yet.
    pub revision: u32,
    /// Whether it has to be written.
    pub dirty: Dirty,
}

/// The stored state of a transaction.
#[derive(Clone, Debug, PartialEq)]
pub enum TransactionState {
    /// It exists.
    Live(Box<StoredTransaction>),
    /// It was deleted.
    Deleted(Tombstone),
}
