//! The backlog: deliveries that were quarantined until their connection is registered.
//!
//! Owns that it is applied in the order of arrival, by one task for each connection, even after the caller has gone.
//! Must not receive deliveries.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use connectors::Registry;
use jiff::Timestamp;
use prometheus_client::metrics::counter::Counter;

use super::detached;
use super::locks::{ConnectionKey, KeyedLocks};
use super::understand::understood_again;
use crate::store::{self, Changed, Content, Recorded, Store};

/// How many deliveries are read at once.
const PAGE: u32 = 100;
/// How long a caller waits for a long backlog. The work continues without the caller.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Applies the backlog. A cheap handle.
#[derive(Clone)]
pub(super) struct Backlog {
    registry: Arc<Registry>,
    store: Arc<dyn Store>,
    locks: Arc<KeyedLocks>,
    errors: Counter,
}

impl Backlog {
    pub(super) fn new(registry: Arc<Registry>, store: Arc<dyn Store>) -> Self {
        Self { registry, store, locks: Arc::default(), errors: Counter::default() }
    }

    /// Sets the counter of failures to apply the backlog.
    pub(super) fn counting(&mut self, errors: Counter) {
        self.errors = errors;
    }

    /// Applies the backlog of a connection that is now registered; returns the changes. `None` if another task is
    /// applying it, or if it takes too long.
    pub(super) async fn apply(&self, key: ConnectionKey, now: Timestamp) -> Result<Option<Changed>, store::Error> {
        let backlog = self.clone();
        let abandoned = |applied: Result<Option<Changed>, store::Error>| match applied {
            Ok(Some(changed)) => tracing::info!(transactions = changed.all(), "a backlog was applied"),
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "a backlog could not be applied"),
        };
        let work = async move {
            let applied = backlog.apply_locked(&key, now).await;
            if applied.is_err() {
                backlog.errors.inc();
            }
            applied
        };
        detached::run(work, TIMEOUT, abandoned).await.unwrap_or(Ok(None))
    }

    async fn apply_locked(&self, key: &ConnectionKey, now: Timestamp) -> Result<Option<Changed>, store::Error> {
        let Some(mut lock) = self.locks.try_lock(key) else { return Ok(None) };
        let mut changed = Changed::default();
        loop {
            changed += self.apply_pages(Some(key), now).await?;
            if lock.release_if_idle() {
                return Ok(Some(changed));
            }
        }
    }

    /// The same for all connections.
    pub(super) async fn apply_all(&self, now: Timestamp) -> Result<Changed, store::Error> {
        let applied = self.apply_pages(None, now).await;
        if applied.is_err() {
            self.errors.inc();
        }
        applied
    }

    /// Applies the deliveries of one connection or of all. Several tasks may do so at once: each applies deliveries in
    /// the order of arrival and skips those that another has applied. Until all are applied, new deliveries are queued
    /// behind them. A failure blocks its own connection only.
    async fn apply_pages(&self, only: Option<&ConnectionKey>, now: Timestamp) -> Result<Changed, store::Error> {
        let (mut changed, mut last) = (Changed::default(), i64::MIN);
        let mut failed = HashSet::new();
        loop {
            let page = self.store.placeable_deliveries(only.cloned(), last, PAGE).await?;
            if page.is_empty() {
                return Ok(changed);
            }
            for stored in page {
                last = stored.id;
                let Some(provider) = self.registry.get(&stored.connector_id) else { continue };
                let delivery = understood_again(provider.as_ref(), stored.delivery, now);
                let key = match &delivery.content {
                    Content::Changes { connection_id, .. } => Some((stored.connector_id, connection_id.clone())),
                    _ => None,
                };
                if key.as_ref().is_some_and(|key| failed.contains(key)) {
                    continue;
                }
                match (self.store.apply_kept(stored.id, delivery, now).await, key) {
                    (Ok(Recorded::Applied(more) | Recorded::Partly(more, _)), _) => changed += more,
                    (Ok(_), _) => {}
                    (Err(error), Some(key)) if only.is_none() && !matches!(error, store::Error::Unavailable(_)) => {
                        tracing::error!(%error, delivery.id = stored.id, "a delivery of the backlog could not be applied");
                        self.errors.inc();
                        failed.insert(key);
                    }
                    (Err(error), _) => return Err(error),
                }
            }
        }
    }
}
