//! The memory of the rate limits.
//!
//! Owns dropping the state of callers that are idle. Must not decide what a limit is.

use crate::state::AppState;

/// Drops the state of idle callers and ended connections.
pub(super) async fn run(state: AppState) {
    state.limits.remove_recovered();
    state.sockets.transports().remove_expired();
}
