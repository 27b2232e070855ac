//! The trait for the inbox over its table.
//!
//! Owns the choice between a unit of work and a read. Must not hold a statement.

use async_trait::async_trait;
use jiff::Timestamp;

use super::super::lent::read;
use super::super::unit::in_unit;
use super::super::{PostgresStore, inbox};
use crate::store::{Inbox, InboxEntry, KeptDelivery, Result};

#[async_trait]
impl Inbox for PostgresStore {
    async fn inbox(&self, kept_only: bool, limit: u32) -> Result<Vec<InboxEntry>> {
        let mut database = self.pool.acquire().await?;
        read(inbox::list(&mut database, kept_only, limit)).await
    }

    async fn kept_deliveries(&self) -> Result<u64> {
        let mut database = self.pool.acquire().await?;
        read(inbox::count_kept(&mut database)).await
    }

    async fn inbox_entry(&self, id: i64) -> Result<InboxEntry> {
        let mut database = self.pool.acquire().await?;
        read(inbox::entry(&mut database, id)).await
    }

    async fn delivery(&self, id: i64) -> Result<KeptDelivery> {
        let mut database = self.pool.acquire().await?;
        read(inbox::one(&mut database, id)).await
    }

    async fn placeable_deliveries(
        &self,
        only: Option<(String, String)>,
        after: i64,
        limit: u32,
    ) -> Result<Vec<KeptDelivery>> {
        let only = only.as_ref().map(|(connector, id)| (connector.as_str(), id.as_str()));
        let mut database = self.pool.acquire().await?;
        read(inbox::waiting(&mut database, only, after, limit)).await
    }

    async fn prune_inbox(&self, settled_before: Timestamp, kept_before: Timestamp) -> Result<usize> {
        // In small steps, each in its own unit of work.
        let (mut pruned, mut after) = (0, Some(i64::MIN));
        while let Some(last) = after {
            let pass: Result<_> =
                in_unit!(self, settled_before, |unit| inbox::prune_settled(&mut unit.database, settled_before, last));
            let pass = pass?;
            pruned += pass.pruned;
            after = pass.next;
        }
        loop {
            let some: Result<_> =
                in_unit!(self, kept_before, |unit| inbox::prune_unsettled(&mut unit.database, kept_before));
            match some? {
                0 => return Ok(pruned),
                some => pruned += some,
            }
        }
    }
}
