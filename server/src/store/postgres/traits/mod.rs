//! The traits of a store over the tables, one file each.
//!
//! Owns which of it is a unit of work and which one statement. Must not hold a statement, but for the one that finds out
//! whether the store can be written to.

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

use super::PostgresStore;
use super::unit::in_unit;
use crate::store::{Result, Store};

#[async_trait]
impl Store for PostgresStore {
    async fn close(&self) {
        // Units of work under way have their connections, and end.
        self.pool.close().await;
        self.readers.close().await;
        self.slots.close().await;
    }

    async fn check(&self, now: Timestamp) -> Result<()> {
        let write = "INSERT INTO probe (id, at) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET at = excluded.at";
        in_unit!(self, now, |unit| async {
            sqlx::query(write).bind(now.as_millisecond()).execute(&mut *unit.database).await?;
            Ok(())
        })
    }
}
