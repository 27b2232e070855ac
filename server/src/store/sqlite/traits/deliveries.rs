//! The trait for deliveries over its tables.
//!
//! Owns the choice between the writer and a reader. Must not hold a statement.

use async_trait::async_trait;
use jiff::Timestamp;

use super::super::{SqliteStore, deliveries};
use crate::store::{Deliveries, NewDelivery, Recorded, Result};

#[async_trait]
impl Deliveries for SqliteStore {
    async fn record_delivery(&self, delivery: NewDelivery, now: Timestamp) -> Result<Recorded> {
        self.unit(now, move |unit| deliveries::record(unit, &delivery)).await
    }

    async fn apply_kept(&self, id: i64, delivery: NewDelivery, now: Timestamp) -> Result<Recorded> {
        self.unit(now, move |unit| deliveries::requeue(unit, id, &delivery)).await
    }
}
