//! Attempts to connect a bank that a stop or a crash has interrupted.
//!
//! Owns looking for them. Must not follow one: [`crate::connect`] does.

use crate::state::AppState;

/// Goes on with those that no node follows.
pub(super) async fn run(state: AppState) {
    if let Err(error) = state.flows.resume().await {
        tracing::error!(%error, "attempts to connect a bank could not be resumed");
    }
}
