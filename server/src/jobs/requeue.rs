//! Requeueing quarantined deliveries.
//!
//! Owns doing so for all connections that are registered by now, whatever a crash or an error has interrupted. Must not
//! apply a delivery: `ingest` does.

use crate::state::AppState;

/// Applies the quarantined deliveries of registered connections.
pub(super) async fn run(state: AppState) {
    match state.ingest.apply_backlogs(state.now()).await {
        Ok(applied) if applied.all() == 0 => {}
        Ok(applied) => tracing::info!(transactions = applied.all(), "quarantined deliveries were applied"),
        Err(error) => tracing::error!(%error, "quarantined deliveries could not be applied"),
    }
}
