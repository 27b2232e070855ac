//! Resuming work that was interrupted by a crash or an error.
//!
//! Owns resuming deliveries whose connection is registered by now, and moves and purges of transactions. Must not apply
//! a delivery (`ingest` does) nor move a row (the store does).

use std::sync::Arc;

use crate::state::AppState;
use crate::store::Store;

/// Finishes moves and purges, then applies the deliveries whose connections are registered by now.
pub(super) async fn run(state: AppState, store: Arc<dyn Store>) {
    if let Err(error) = store.finish_moves(state.now()).await {
        tracing::error!(%error, "not all transactions could be moved or purged");
    }
    match state.ingest.apply_backlogs(state.now()).await {
        Ok(applied) if applied.all() == 0 => {}
        Ok(applied) => tracing::info!(transactions = applied.all(), "quarantined deliveries were applied"),
        Err(error) => tracing::error!(%error, "quarantined deliveries could not be applied"),
    }
}
