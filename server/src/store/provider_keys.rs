//! The keys that webhooks are verified with, as far as they are not configured.
//!
//! Owns their type and their trait. Must not fetch or use one.

use async_trait::async_trait;
use jiff::Timestamp;

use super::Result;

/// A key that a provider publishes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderKey {
    /// The connector's id.
    pub provider: String,
    /// The provider's name of it.
    pub name: String,
    /// As its connector reads it.
    pub bytes: Vec<u8>,
    /// It is not used any more from then on, in milliseconds since 1970.
    pub until: i64,
}

/// Fetched keys, which are kept over a restart, and what connections were registered with.
#[async_trait]
pub trait ProviderKeys: Send + Sync + 'static {
    /// The keys that may be used now.
    async fn provider_keys(&self, now: Timestamp) -> Result<Vec<ProviderKey>>;

    /// Stores a key in place of the one with its name, and deletes keys that may not be used any more.
    async fn keep_provider_key(&self, key: ProviderKey, now: Timestamp) -> Result<()>;

    /// The encrypted credentials of a connection; nothing where none were registered.
    async fn credentials(&self, connector_id: String, connection_id: String) -> Result<Option<Vec<u8>>>;
}
