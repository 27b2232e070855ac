//! Users that have data.
//!
//! Owns the row's structure. Must not know which rows refer to it.

use wire::Transaction;

/// A user that has data.
#[derive(Clone, Debug)]
pub(in crate::store) struct Owner {
    pub(in crate::store) id: i64,
    pub(in crate::store) user_id: String,
    /// The newest event number; 0 before the first.
    pub(in crate::store) seq: u64,
}

/// Whether two transactions have the same source.
pub(in crate::store) fn is_same_source(one: &Transaction, other: &Transaction) -> bool {
    (&one.connector_id, &one.connector_type, &one.source) == (&other.connector_id, &other.connector_type, &other.source)
}
