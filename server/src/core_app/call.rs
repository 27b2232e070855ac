//! A call to the core app, before it becomes an HTTP request.
//!
//! Owns the kinds of calls to the core app. Must not know how one is sent.

use wire::Transaction;
use wire::transaction::TransactionKey;

/// A call to the core app.
#[derive(Clone, Debug)]
pub enum Call {
    /// `POST`: a transaction at one revision, new or changed.
    Put(Box<Transaction>),
    /// `DELETE`: a transaction that its provider has deleted.
    Delete {
        /// The owner of the transaction.
        user_id: String,
        /// The key of the transaction.
        key: TransactionKey,
    },
}

impl Call {
    /// The user whose feed it belongs to.
    pub fn user_id(&self) -> &str {
        match self {
            Self::Put(transaction) => &transaction.user_id,
            Self::Delete { user_id, .. } => user_id,
        }
    }
}
