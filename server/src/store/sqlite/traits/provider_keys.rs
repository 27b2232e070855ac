//! The trait for providers' keys over its tables.
//!
//! Owns the choice between the writer and a reader. Must not hold a statement.

use async_trait::async_trait;
use jiff::Timestamp;

use super::super::unit::Unit;
use super::super::{SqliteStore, provider_keys, syncs};
use crate::store::{ProviderKey, ProviderKeys, Result};

#[async_trait]
impl ProviderKeys for SqliteStore {
    async fn provider_keys(&self, now: Timestamp) -> Result<Vec<ProviderKey>> {
        self.readers.read(move |database| provider_keys::all(database, now)).await
    }

    async fn keep_provider_key(&self, key: ProviderKey, now: Timestamp) -> Result<()> {
        self.unit(now, move |unit: &mut Unit<'_>| provider_keys::keep(unit.database, &key, now)).await
    }

    async fn credentials(&self, connector_id: String, connection_id: String) -> Result<Option<Vec<u8>>> {
        self.readers.read(move |database| syncs::credentials(database, (&connector_id, &connection_id))).await
    }
}
