//! Retention of the event log and the inbox.
//!
//! Owns pruning old rows; their maximum ages are settings. Must not delete unprocessed rows: the store ensures that.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::state::AppState;
use crate::store::{self, Store};

/// Deletes expired events and deliveries.
pub(super) async fn run(state: AppState, store: Arc<dyn Store>) {
    let events = &state.config.events;
    let before = |age: Duration| state.now().checked_sub(age).unwrap_or(Timestamp::MIN);
    let deleted = async {
        let events_deleted = store.prune_events(before(events.keep_for), events.keep_newest).await?;
        let deliveries = store.prune_inbox(before(events.inbox_for), before(events.kept_for)).await?;
        Ok::<_, store::Error>((events_deleted, deliveries))
    };
    match deleted.await {
        Ok((events, deliveries)) => tracing::debug!(events, deliveries, "expired events and deliveries were deleted"),
        Err(error) => tracing::error!(%error, "expired events and deliveries could not be deleted"),
    }
}
