//! The memory of the rate limits.
//!
//! Owns dropping the state of idle callers, including what nodes share of it. Must not decide the limits.

use crate::state::AppState;

/// Drops the state of idle callers and ended connections.
pub(super) async fn run(state: AppState) {
    state.limits.remove_recovered();
    state.sockets.transports().remove_expired();
    if state.limits.shared().is_some()
        && let Err(error) = state.store.delete_recovered().await
    {
        tracing::warn!(%error, "recovered rate limits could not be deleted");
    }
}
