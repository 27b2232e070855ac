//! The trait for users' queries over the tables.
//!
//! Owns that each query is of one user and as of one moment. Must not hold a statement.

use async_trait::async_trait;
use jiff::Timestamp;
use wire::Transaction;
use wire::api::{Account, Snapshot, Summary, TransactionQuery, TransactionsPage};
use wire::transaction::TransactionKey;

use super::super::lent::read;
use super::super::{PostgresStore, accounts, transactions};
use crate::store::{Queries, Result};

#[async_trait]
impl Queries for PostgresStore {
    async fn transactions(&self, user_id: String, query: TransactionQuery) -> Result<TransactionsPage> {
        let mut question = self.readers.question(&user_id).await?;
        read(transactions::page(&mut question.database, &user_id, &query)).await
    }

    async fn transaction(&self, user_id: String, key: TransactionKey) -> Result<Transaction> {
        let mut question = self.readers.question(&user_id).await?;
        read(transactions::one(&mut question.database, &user_id, &key)).await
    }

    async fn accounts(&self, user_id: String) -> Result<Vec<Account>> {
        let mut question = self.readers.statement(&user_id).await?;
        read(accounts::of_user(&mut question.database, &user_id)).await
    }

    async fn summary(&self, user_id: String, now: Timestamp) -> Result<Summary> {
        let mut question = self.readers.question(&user_id).await?;
        read(transactions::summary(&mut question.database, &self.units.history, &user_id, now)).await
    }

    async fn snapshot(&self, user_id: String, display_name: String, now: Timestamp) -> Result<Snapshot> {
        let mut question = self.readers.question(&user_id).await?;
        read(transactions::snapshot(&mut question.database, &self.units.history, user_id, display_name, now)).await
    }
}
