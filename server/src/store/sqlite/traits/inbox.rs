//! The trait for the inbox over its table.
//!
//! Owns the choice between the writer and a reader. Must not hold a statement.

use async_trait::async_trait;
use jiff::Timestamp;

use super::super::{SqliteStore, inbox};
use crate::store::{Inbox, InboxEntry, KeptDelivery, Result};

#[async_trait]
impl Inbox for SqliteStore {
    async fn inbox(&self, kept_only: bool, limit: u32) -> Result<Vec<InboxEntry>> {
        self.readers.read(move |connection| inbox::list(connection, kept_only, limit)).await
    }

    async fn kept_deliveries(&self) -> Result<u64> {
        self.readers.read(inbox::count_kept).await
    }

    async fn inbox_entry(&self, id: i64) -> Result<InboxEntry> {
        self.readers.read(move |connection| inbox::entry(connection, id)).await
    }

    async fn delivery(&self, id: i64) -> Result<KeptDelivery> {
        self.readers.read(move |connection| inbox::one(connection, id)).await
    }

    async fn placeable_deliveries(
        &self,
        only: Option<(String, String)>,
        after: i64,
        limit: u32,
    ) -> Result<Vec<KeptDelivery>> {
        let query = move |connection: &rusqlite::Connection| {
            let only = only.as_ref().map(|(connector, id)| (connector.as_str(), id.as_str()));
            inbox::waiting(connection, only, after, limit)
        };
        self.readers.read(query).await
    }

    async fn prune_inbox(&self, settled_before: Timestamp, kept_before: Timestamp) -> Result<usize> {
        // In small jobs, so that no delivery waits long behind one.
        let (mut pruned, mut after) = (0, Some(i64::MIN));
        while let Some(last) = after {
            let pass = self.writer.write(move |connection, _| inbox::prune_settled(connection, settled_before, last));
            let pass = pass.await?;
            pruned += pass.pruned;
            after = pass.next;
        }
        loop {
            let unsettled = self.writer.write(move |connection, _| inbox::prune_unsettled(connection, kept_before));
            match unsettled.await? {
                0 => return Ok(pruned),
                some => pruned += some,
            }
        }
    }
}
