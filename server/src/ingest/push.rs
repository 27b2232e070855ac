//! A pushed transaction on its way to the store.
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
    /// Whose it is, as the service says.
    pub user_id: String,
    /// The connector that it says it came through.
    pub connector: ConnectorRef,
    /// The connection of the user that it goes to.
    pub connection_id: String,
    /// The transaction.
    pub transaction: NewTransaction,
    /// The same for every attempt at this push, and for no other.
    pub key: String,
    /// The body as received.
    pub body: Vec<u8>,
}

/// The deletion of a transaction that was pushed.
#[derive(Debug)]
pub struct PushedDeletion {
    /// Whose it is, as the service says.
    pub user_id: String,
    /// The connector that it came through.
    pub connector: ConnectorRef,
    /// Which transaction.
    pub key: TransactionKey,
    /// The revision that is deleted: the same deletion of the same revision is one.
    pub revision: u32,
}

impl PushedDeletion {
    /// Its stored form and its meaning.
    pub(super) fn into_parts(self) -> (ConnectorRef, Record, Content) {
        let Self { connector, key, revision, .. } = self;
        let TransactionKey { connection_id, account_id, transaction_id, .. } = key;
        // With the lengths, so that no two inputs can coincide.
        let place = format!("{}:{connection_id}:{}:{account_id}", connection_id.len(), account_id.len());
        let key = format!("deletion:{place}:{revision}:{transaction_id}");
        let update = Update::TransactionDeleted { transaction_id, account_id };
        let changes = vec![Change { version: None, update }];
        let content = Content::Changes { connection_id, changes, rejected: vec![] };
        (connector, Record { headers: Headers::default(), body: Vec::new(), key }, content)
    }
}

/// What became of a push.
#[derive(Debug)]
pub struct Pushed {
    /// As it is stored.
    pub transaction: Transaction,
    /// Whether it was not there before.
    pub is_new: bool,
}

impl Push {
    /// Where it is found once it is stored.
    pub(super) fn place(&self) -> TransactionKey {
        TransactionKey {
            connector_id: self.connector.id.to_string(),
            connection_id: self.connection_id.clone(),
            account_id: self.transaction.account_id.clone(),
            transaction_id: self.transaction.transaction_id.clone(),
        }
    }

    /// Its stored form and its meaning. A push has no time of its own: the order of arrival decides.
    pub(super) fn into_parts(self) -> (ConnectorRef, Record, Content) {
        let change = Change { version: None, update: Update::Transaction(Box::new(self.transaction)) };
        let content = Content::Changes { connection_id: self.connection_id, changes: vec![change], rejected: vec![] };
        (self.connector, Record { headers: Headers::default(), body: self.body, key: self.key }, content)
    }
}
