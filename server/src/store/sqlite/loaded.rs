//! What a unit of work has loaded.
//!
//! Owns the rows' ids beside the ledger's state. Must not load anything.

use std::collections::{HashMap, HashSet};

use ledger::{State, TransactionState};

use super::row::TransactionRow;
use super::scope::Scope;

/// What is stored of the things that changes touch, with the rows that hold it.
#[derive(Default)]
pub(super) struct Loaded {
    pub(super) state: State,
    /// By the provider's id.
    pub(super) accounts: HashMap<String, i64>,
    /// By account and id: the row, and the event of its newest revision.
    pub(super) rows: HashMap<(String, String), (i64, u64)>,
    pub(super) tombstones: HashSet<(String, String)>,
}

impl Loaded {
    /// The feed alone.
    pub(super) fn nothing(scope: &Scope<'_>) -> Self {
        Self { state: State { seq: scope.owner.seq, ..State::default() }, ..Self::default() }
    }

    /// Puts a row where the ledger finds it.
    pub(super) fn take(&mut self, account_id: &str, row: TransactionRow) {
        let key = (account_id.to_owned(), row.stored.transaction.transaction_id.clone());
        self.rows.insert(key.clone(), (row.id, row.stored.changed_seq));
        self.state.insert(key, TransactionState::Live(Box::new(row.stored)));
    }
}
