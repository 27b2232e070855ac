//! Attempts to connect a bank that were interrupted by a stop or a crash.
//!
//! Owns starting the search for them. Must not follow one: [`crate::connect`] does.

use crate::state::AppState;

/// Resumes the attempts that no node follows.
pub(super) async fn run(state: AppState) {
    if let Err(error) = state.flows.resume().await {
        tracing::error!(%error, "attempts to connect a bank could not be resumed");
    }
}
