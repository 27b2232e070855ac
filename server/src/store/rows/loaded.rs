//! The rows that a unit of work has loaded.
//!
//! Owns the rows' ids that go with the ledger's state. Must not load anything.

use std::collections::{HashMap, HashSet};

use ledger::{State, TransactionState};

use super::scope::Scope;
use super::transaction::TransactionRow;

/// The stored state of the rows that changes affect, and the rows' ids.
#[derive(Default)]
pub(in crate::store) struct Loaded {
    pub(in crate::store) state: State,
    /// The rows' ids by the provider's id.
    pub(in crate::store) accounts: HashMap<String, i64>,
    /// By account and transaction id: the row's id, and the event number of its newest revision.
    pub(in crate::store) rows: HashMap<(String, String), (i64, u64)>,
    pub(in crate::store) tombstones: HashSet<(String, String)>,
}

impl Loaded {
    /// Only the user's event number, without rows.
    pub(in crate::store) fn nothing(scope: &Scope<'_>) -> Self {
        Self { state: State { seq: scope.owner.seq, ..State::default() }, ..Self::default() }
    }

    /// Adds a row to the ledger's state.
    pub(in crate::store) fn take(&mut self, account_id: &str, row: TransactionRow) {
        let key = (account_id.to_owned(), row.stored.transaction.transaction_id.clone());
        self.rows.insert(key.clone(), (row.id, row.stored.changed_seq));
        self.state.insert(key, TransactionState::Live(Box::new(row.stored)));
    }
}
