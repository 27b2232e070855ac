//! The trait for users' queries over the tables.
//!
//! Owns the choice between the writer and a reader. Must not hold a statement.

use async_trait::async_trait;
use jiff::Timestamp;
use wire::Transaction;
use wire::api::{Account, Snapshot, Summary, TransactionQuery, TransactionsPage};
use wire::transaction::TransactionKey;

use super::super::{SqliteStore, accounts, transactions};
use crate::store::{Queries, Result};

#[async_trait]
impl Queries for SqliteStore {
    async fn transactions(&self, user_id: String, query: TransactionQuery) -> Result<TransactionsPage> {
        let owner = user_id.clone();
        self.readers.answer(&owner, move |connection| transactions::page(connection, &user_id, &query)).await
    }

    async fn transaction(&self, user_id: String, key: TransactionKey) -> Result<Transaction> {
        let owner = user_id.clone();
        self.readers.answer(&owner, move |connection| transactions::one(connection, &user_id, &key)).await
    }

    async fn accounts(&self, user_id: String) -> Result<Vec<Account>> {
        let owner = user_id.clone();
        self.readers.answer(&owner, move |connection| accounts::of_user(connection, &user_id)).await
    }

    async fn summary(&self, user_id: String, now: Timestamp) -> Result<Summary> {
        let owner = user_id.clone();
        self.readers.answer(&owner, move |connection| transactions::summary(connection, &user_id, now)).await
    }

    async fn snapshot(&self, user_id: String, display_name: String, now: Timestamp) -> Result<Snapshot> {
        let owner = user_id.clone();
        let question =
            move |connection: &rusqlite::Connection| transactions::snapshot(connection, user_id, display_name, now);
        self.readers.answer(&owner, question).await
    }
}
