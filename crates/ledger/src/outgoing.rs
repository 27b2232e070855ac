//! Calls to the core app.
//!
//! Owns the key that distinguishes one call from another. Must not know how a call is made.

use wire::Transaction;

/// A call to the core app.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    /// `Idempotency-Key`: the same for every attempt, different for every revision.
    pub key: String,
    /// The call.
    pub call: Call,
}

/// The kinds of calls.
#[derive(Clone, Debug, PartialEq)]
pub enum Call {
    /// Store a transaction at this revision.
    Put(Box<Transaction>),
    /// Delete a transaction, with its last state.
    Delete(Box<Transaction>),
}

impl Outgoing {
    pub(crate) fn put(transaction: &Transaction) -> Self {
        Self { key: key(transaction, transaction.revision), call: Call::Put(Box::new(transaction.clone())) }
    }

    /// The call for a deletion, which counts as a revision.
    pub(crate) fn delete(transaction: &Transaction) -> Self {
        Self { key: key(transaction, transaction.revision + 1), call: Call::Delete(Box::new(transaction.clone())) }
    }
}

/// `<connectorId>:<transactionId>`, followed by the revision from the second one on.
fn key(transaction: &Transaction, revision: u32) -> String {
    let Transaction { connector_id, transaction_id, .. } = transaction;
    match revision {
        ..=1 => format!("{connector_id}:{transaction_id}"),
        _ => format!("{connector_id}:{transaction_id}:{revision}"),
    }
}
