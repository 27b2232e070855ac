//! The owners of connections that had deliveries recently.
//!
//! Owns a cache, which only the limits use. Must not decide whose a change is: the store does, at each commit.

use std::sync::Arc;
use std::time::{Duration, Instant};

use dashmap::DashMap;

use crate::store::{self, Store};

/// How many connections' owners are cached.
const MOST_OWNERS: usize = 100_000;
/// How long an owner is cached: another node may register or remove the connection.
const CACHED_FOR: Duration = Duration::from_secs(10);

/// A connection: its connector's id and the provider's id.
type Key = (String, String);

/// The cache.
#[derive(Default)]
pub(super) struct Owners(DashMap<Key, (Arc<str>, Instant)>);

impl Owners {
    /// The owner of a connection, if it is registered.
    pub(super) async fn owner(
        &self,
        store: &dyn Store,
        connector_id: &str,
        connection_id: &str,
    ) -> Result<Option<Arc<str>>, store::Error> {
        let key = (connector_id.to_owned(), connection_id.to_owned());
        if let Some(cached) = self.0.get(&key).filter(|cached| cached.1.elapsed() < CACHED_FOR) {
            return Ok(Some(Arc::clone(&cached.0)));
        }
        let owner: Arc<str> = match store.connection(key.0.clone(), key.1.clone()).await {
            Ok(connection) => connection.user_id.into(),
            Err(store::Error::NotFound) => return Ok(None),
            Err(error) => return Err(error),
        };
        if self.0.len() >= MOST_OWNERS {
            self.0.clear();
        }
        self.0.insert(key, (Arc::clone(&owner), Instant::now()));
        Ok(Some(owner))
    }

    /// Forgets the owner of a connection that may have passed to another user.
    pub(super) fn forget(&self, connector_id: &str, connection_id: &str) {
        self.0.remove(&(connector_id.to_owned(), connection_id.to_owned()));
    }
}
