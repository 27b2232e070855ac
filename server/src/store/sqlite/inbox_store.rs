//! The inbox's trait over its table.
//!
//! Owns which unit of work runs where. Must not hold a statement.

use async_trait::async_trait;
use jiff::Timestamp;

use super::{SqliteStore, deliveries};
use crate::store::{Inbox, InboxEntry, KeptDelivery, Result};

#[async_trait]
impl Inbox for SqliteStore {
    async fn inbox(&self, kept_only: bool, limit: u32) -> Result<Vec<InboxEntry>> {
        self.readers.read(move |connection| deliveries::list(connection, kept_only, limit)).await
    }

    async fn kept_deliveries(&self) -> Result<u64> {
        self.readers.read(deliveries::count_kept).await
    }

    async fn inbox_entry(&self, id: i64) -> Result<InboxEntry> {
        self.readers.read(move |connection| deliveries::entry(connection, id)).await
    }

    async fn delivery(&self, id: i64) -> Result<KeptDelivery> {
        self.readers.read(move |connection| deliveries::one(connection, id)).await
    }

    async fn placeable_deliveries(&self, only: Option<(String, String)>) -> Result<Vec<KeptDelivery>> {
        let query = move |connection: &rusqlite::Connection| {
            deliveries::placeable(connection, only.as_ref().map(|(connector, id)| (connector.as_str(), id.as_str())))
        };
        self.readers.read(query).await
    }

    async fn prune_inbox(&self, older_than: Timestamp) -> Result<usize> {
        let mut pruned = 0;
        loop {
            // In small jobs, so that no delivery waits long behind one.
            let some = self.writer.write(move |connection, _| deliveries::prune(connection, older_than)).await?;
            pruned += some;
            if some == 0 {
                return Ok(pruned);
            }
        }
    }
}
