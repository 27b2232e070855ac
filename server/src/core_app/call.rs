//! A call to the core app, before it is HTTP.
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
        /// Whose transaction it was.
        user_id: String,
        /// Which one.
        key: TransactionKey,
    },
}

impl Call {
    /// Whose feed it belongs to.
    pub fn user_id(&self) -> &str {
        match self {
            Self::Put(transaction) => &transaction.user_id,
            Self::Delete { user_id, .. } => user_id,
        }
    }
}
