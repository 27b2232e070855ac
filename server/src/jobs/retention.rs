//! Retention of the event log and the inbox.
//!
//! Owns what is pruned; the ages are settings. Must not delete anything that is still to be processed: the store sees to that.

use std::time::Duration;

use jiff::Timestamp;

use crate::state::AppState;
use crate::store;

/// Deletes expired events and deliveries.
pub(super) async fn run(state: AppState) {
    let events = &state.config.events;
    let before = |age: Duration| state.now().checked_sub(age).unwrap_or(Timestamp::MIN);
    let deleted = async {
        let events_deleted = state.store.prune_events(before(events.keep_for), events.keep_newest).await?;
        let deliveries = state.store.prune_inbox(before(events.inbox_for), before(events.kept_for)).await?;
        Ok::<_, store::Error>((events_deleted, deliveries))
    };
    match deleted.await {
        Ok((events, deliveries)) => tracing::debug!(events, deliveries, "expired events and deliveries were deleted"),
        Err(error) => tracing::error!(%error, "expired events and deliveries could not be deleted"),
    }
}
