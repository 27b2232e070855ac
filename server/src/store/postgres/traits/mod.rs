//! The store's traits over the tables, one file each.
//!
//! Owns the choice between a unit of work and one statement. Must not hold a statement, except the one that checks whether
//! the store can be written to.

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
        // Running units of work keep their connections and finish.
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
