//! The store's traits over the tables, one file each.
//!
//! Owns the choice between the writer and a reader. Must not hold a statement, except the one that checks whether the store
//! can be written to.

mod connections;
mod connects;
mod deliveries;
mod event_log;
mod inbox;
mod leases;
mod outbox;
mod provider_keys;
mod queries;
mod rate_limits;
mod slots;
mod syncs;
mod users;

use async_trait::async_trait;
use jiff::Timestamp;

use super::SqliteStore;
use crate::store::{FeedEvent, Result, Store};

#[async_trait]
impl Store for SqliteStore {
    async fn close(&self) {
        self.writer.close().await;
    }

    async fn check(&self, now: Timestamp) -> Result<()> {
        self.health.check()?;
        let job = move |connection: &rusqlite::Connection, _: &mut Vec<FeedEvent>| {
            let mut probe = connection.prepare_cached("INSERT OR REPLACE INTO probe (id, at) VALUES (1, ?1)")?;
            probe.execute([now.as_millisecond()])?;
            Ok(())
        };
        self.writer.write(job).await
    }
}
