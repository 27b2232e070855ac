//! Placing what was kept, in the order in which it came.
//!
//! Owns that one does so for a connection at a time, that it goes on when its caller has gone, and what a
//! connector makes of a delivery by now. Must not take a delivery in.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use connectors::{Connector, Malformed, Meaning, Registry, VerifiedDelivery};
use jiff::Timestamp;

use super::turns::{Place, Turns};
use crate::store::{self, Changed, Content, NewDelivery, Recorded, Store};
use crate::telemetry::spans::Arrival;

/// How many kept deliveries are read at once.
const PLACED_AT_ONCE: u32 = 100;
/// How long a caller waits for what may be many. It goes on without them.
const PATIENCE: Duration = Duration::from_secs(3);

/// Places what is kept. A cheap handle.
#[derive(Clone)]
pub(super) struct Placer {
    registry: Arc<Registry>,
    store: Arc<dyn Store>,
    turns: Arc<Turns>,
}

impl Placer {
    pub(super) fn new(registry: Arc<Registry>, store: Arc<dyn Store>) -> Self {
        Self { registry, store, turns: Arc::default() }
    }

    /// Applies what was kept for a connection that is registered by now; what that changed. Nothing where
    /// somebody else is doing so, or where it takes long.
    pub(super) async fn place(&self, place: Place, now: Timestamp) -> Result<Option<Changed>, store::Error> {
        let placer = self.clone();
        let placing = tokio::spawn(async move { placer.place_in_turn(&place, now).await });
        match tokio::time::timeout(PATIENCE, placing).await {
            Ok(Ok(placed)) => placed,
            Ok(Err(_)) | Err(_) => Ok(None),
        }
    }

    async fn place_in_turn(&self, place: &Place, now: Timestamp) -> Result<Option<Changed>, store::Error> {
        let Some(mut turn) = self.turns.begin(place) else { return Ok(None) };
        let mut changed = Changed::default();
        loop {
            changed += self.place_kept(Some(place), now).await?;
            if turn.is_over() {
                return Ok(Some(changed));
            }
        }
    }

    /// The same for one connection or for all, whoever else does so: each applies in the order of arrival,
    /// and what another has applied is left alone. Until all are placed, those that come meanwhile queue up
    /// behind them. What fails holds up its own connection only.
    pub(super) async fn place_kept(&self, only: Option<&Place>, now: Timestamp) -> Result<Changed, store::Error> {
        let (mut changed, mut last) = (Changed::default(), i64::MIN);
        let mut failed = HashSet::new();
        loop {
            let page = self.store.placeable_deliveries(only.cloned(), last, PLACED_AT_ONCE).await?;
            if page.is_empty() {
                return Ok(changed);
            }
            for kept in page {
                last = kept.id;
                let Some(connector) = self.registry.get(&kept.connector_id) else { continue };
                let delivery = newly_understood(connector.as_ref(), kept.delivery);
                let place = match &delivery.content {
                    Content::Changes { connection_id, .. } => Some((kept.connector_id, connection_id.clone())),
                    _ => None,
                };
                if place.as_ref().is_some_and(|place| failed.contains(place)) {
                    continue;
                }
                match (self.store.apply_kept(kept.id, delivery, now).await, place) {
                    (Ok(Recorded::Applied(more) | Recorded::Partly(more, _)), _) => changed += more,
                    (Ok(_), _) => {}
                    (Err(error), Some(place)) if only.is_none() && !matches!(error, store::Error::Unavailable(_)) => {
                        tracing::error!(%error, delivery.id = kept.id, "a kept delivery could not be placed");
                        failed.insert(place);
                    }
                    (Err(error), _) => return Err(error),
                }
            }
        }
    }
}

/// What a delivery means.
pub(super) fn understand(connector: &dyn Connector, delivery: &VerifiedDelivery) -> Content {
    match connector.normalise(delivery) {
        Ok(Meaning::Changes { connection_id, changes, rejected }) => {
            Content::Changes { connection_id, changes, rejected }
        }
        Ok(Meaning::Nothing) => Content::Nothing,
        Ok(Meaning::NotUnderstood(reason)) => Content::Kept(reason),
        Err(Malformed(reason)) => Content::Malformed(reason),
    }
}

/// A kept delivery with what it means by now.
pub(super) fn newly_understood(connector: &dyn Connector, delivery: VerifiedDelivery) -> NewDelivery {
    let content = understand(connector, &delivery);
    NewDelivery { connector: connector.info().into(), delivery, content, register: None, arrived: Arrival::now() }
}
