//! The trait for leases over its table.
//!
//! Owns the choice between a unit of work and one statement. Must not hold a statement.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::super::unit::in_unit;
use super::super::{PostgresStore, leases};
use crate::store::{Lease, Leases, Result, Store};

#[async_trait]
impl Leases for PostgresStore {
    async fn acquire_lease(&self, name: &'static str, holder: String, lasts: Duration) -> Result<Option<Lease>> {
        in_unit!(self, Timestamp::now(), |unit| leases::acquire(&mut unit.database, name, &holder, lasts))
    }

    async fn renew_lease(&self, lease: Lease, lasts: Duration) -> Result<bool> {
        in_unit!(self, Timestamp::now(), |unit| leases::renew(&mut unit.database, &lease, lasts))
    }

    async fn release_lease(&self, lease: Lease) -> Result<()> {
        in_unit!(self, Timestamp::now(), |unit| leases::release(&mut unit.database, &lease))
    }

    fn under(self: Arc<Self>, lease: Lease) -> Arc<dyn Store> {
        Arc::new(self.under_lease(lease))
    }
}
