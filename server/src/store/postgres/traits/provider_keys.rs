//! The trait for providers' keys over its tables.
//!
//! Owns the choice between a unit of work and one statement. Must not hold a statement.

use async_trait::async_trait;
use jiff::Timestamp;

use super::super::lent::read;
use super::super::unit::in_unit;
use super::super::{PostgresStore, provider_keys};
use crate::store::{ProviderKey, ProviderKeys, Result};

#[async_trait]
impl ProviderKeys for PostgresStore {
    async fn provider_keys(&self, now: Timestamp) -> Result<Vec<ProviderKey>> {
        read(provider_keys::all(&mut *self.pool.acquire().await?, now)).await
    }

    async fn keep_provider_key(&self, key: ProviderKey, now: Timestamp) -> Result<()> {
        in_unit!(self, now, |unit| provider_keys::keep(&mut unit.database, &key, now))
    }

    async fn credentials(&self, connector_id: String, connection_id: String) -> Result<Option<Vec<u8>>> {
        read(provider_keys::credentials(&mut *self.pool.acquire().await?, (&connector_id, &connection_id))).await
    }
}
