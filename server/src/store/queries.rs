//! Queries of a user's data.
//!
//! Owns the trait. Must not change anything.

use async_trait::async_trait;
use jiff::Timestamp;
use wire::Transaction;
use wire::api::{Account, Snapshot, Summary, TransactionQuery, TransactionsPage};
use wire::transaction::TransactionKey;

use super::Result;

/// A user's own data.
#[async_trait]
pub trait Queries: Send + Sync {
    /// A page of a user's transactions.
    async fn transactions(&self, user_id: String, query: TransactionQuery) -> Result<TransactionsPage>;

    /// One of a user's transactions.
    async fn transaction(&self, user_id: String, key: TransactionKey) -> Result<Transaction>;

    /// A user's accounts.
    async fn accounts(&self, user_id: String) -> Result<Vec<Account>>;

    /// A user's totals since the first of the month.
    async fn summary(&self, user_id: String, now: Timestamp) -> Result<Summary>;

    /// Everything that the dashboard shows when it opens, as of one moment.
    async fn snapshot(&self, user_id: String, display_name: String, now: Timestamp) -> Result<Snapshot>;
}
