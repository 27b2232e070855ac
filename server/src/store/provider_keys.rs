//! The keys that verify webhooks and are not configured.
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
    /// The provider's name for the key.
    pub name: String,
    /// The key in its connector's format.
    pub bytes: Vec<u8>,
    /// When it expires, in milliseconds since 1970.
    pub until: i64,
}

/// Fetched keys, which survive a restart, and the credentials of connections.
#[async_trait]
pub trait ProviderKeys: Send + Sync + 'static {
    /// The keys that have not expired.
    async fn provider_keys(&self, now: Timestamp) -> Result<Vec<ProviderKey>>;

    /// Stores a key, replacing one of the same name, and deletes expired keys.
    async fn keep_provider_key(&self, key: ProviderKey, now: Timestamp) -> Result<()>;

    /// The encrypted credentials of a connection; nothing if none are registered.
    async fn credentials(&self, connector_id: String, connection_id: String) -> Result<Option<Vec<u8>>>;
}
