//! The trait for deliveries over its tables.
//!
//! Owns which deliveries have their own unit of work, and which share one. Must not hold a statement.

use async_trait::async_trait;
use jiff::Timestamp;

use super::super::unit::in_unit;
use super::super::{PostgresStore, batch, deliveries, kept};
use crate::store::{Deliveries, NewDelivery, Recorded, Result};

#[async_trait]
impl Deliveries for PostgresStore {
    async fn record_delivery(&self, delivery: NewDelivery, now: Timestamp) -> Result<Recorded> {
        // A lease is checked only in its holder's own units of work, so a delivery under a lease cannot join a batch.
        let shares = self.units.is_free() && batch::connection(&delivery).is_some();
        let recorded = match shares {
            true => self.batches.record(delivery, now).await,
            false => in_unit!(self, now, |unit| deliveries::record(unit, &delivery)),
        };
        self.move_what_is_left(now);
        recorded
    }

    async fn apply_kept(&self, id: i64, delivery: NewDelivery, now: Timestamp) -> Result<Recorded> {
        let applied = in_unit!(self, now, |unit| kept::requeue(unit, id, &delivery));
        self.move_what_is_left(now);
        applied
    }
}
