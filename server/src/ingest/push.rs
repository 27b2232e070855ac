//! A pushed transaction, on its way to the store.
//!
//! Owns its types. Must not read a body: `http::pushed` does.

use connectors::Headers;
use ledger::{Change, NewTransaction, Update};
use wire::Transaction;
use wire::transaction::TransactionKey;

use crate::store::{ConnectorRef, Content, Record};

/// A transaction that a service pushes for a user.
#[derive(Debug)]
pub struct Push {
    /// The owner, according to the service.
    pub user_id: String,
    /// The connector that the push names.
    pub connector: ConnectorRef,
    /// The connection of the user that the transaction goes to.
    pub connection_id: String,
    /// The transaction.
    pub transaction: NewTransaction,
    /// The idempotency key: the same for all attempts at this push, and unique to it.
    pub key: String,
    /// The body as received.
    pub body: Vec<u8>,
}

/// The deletion of a transaction that was pushed.
#[derive(Debug)]
pub struct PushedDeletion {
    /// The owner, according to the service.
    pub user_id: String,
    /// The connector that the push named.
    pub connector: ConnectorRef,
    /// The key of the transaction.
    pub key: TransactionKey,
    /// The revision that is deleted: repeated deletions of one revision count once.
    pub revision: u32,
}

impl PushedDeletion {
    /// Splits the deletion into the record to store and its content.
    pub(super) fn into_parts(self) -> (ConnectorRef, Record, Content) {
        let Self { connector, key, revision, .. } = self;
        let TransactionKey { connection_id, account_id, transaction_id, .. } = key;
        // Includes the lengths, so that different inputs never yield the same key.
        let place = format!("{}:{connection_id}:{}:{account_id}", connection_id.len(), account_id.len());
        let key = format!("deletion:{place}:{revision}:{transaction_id}");
        let update = Update::TransactionDeleted { transaction_id, account_id };
        let changes = vec![Change { version: None, update }];
        let content = Content::Changes { connection_id, changes, rejected: vec![] };
        (connector, Record { headers: Headers::default(), body: Vec::new(), key }, content)
    }
}

/// The outcome of a push.
#[derive(Debug)]
pub struct Pushed {
    /// The transaction as stored.
    pub transaction: Transaction,
    /// Whether the transaction is new.
    pub is_new: bool,
}

impl Push {
    /// The key of the transaction once it is stored.
    pub(super) fn place(&self) -> TransactionKey {
        TransactionKey {
            connector_id: self.connector.id.to_string(),
            connection_id: self.connection_id.clone(),
            account_id: self.transaction.account_id.clone(),
            transaction_id: self.transaction.transaction_id.clone(),
        }
    }

    /// Splits the push into the record to store and its content. A push has no version: the order of arrival decides.
    pub(super) fn into_parts(self) -> (ConnectorRef, Record, Content) {
        let change = Change { version: None, update: Update::Transaction(Box::new(self.transaction)) };
        let content = Content::Changes { connection_id: self.connection_id, changes: vec![change], rejected: vec![] };
        (self.connector, Record { headers: Headers::default(), body: self.body, key: self.key }, content)
    }
}
