//! Changes that other processes make in the store: the command line, above all.
//!
//! Owns looking for ended sessions and appended events. Must not be needed for changes of this process.

use crate::feed;
use crate::state::AppState;

/// Applies what other processes changed to the open sockets and streams.
pub(super) async fn run(state: AppState) {
    // One that fails keeps the other from nothing.
    if let Err(error) = feed::disconnect_ended_sessions(&state.feed, state.now()).await {
        tracing::warn!(%error, "sessions that other processes ended could not be looked up");
    }
    if let Err(error) = feed::deliver_external_events(&state.feed).await {
        tracing::warn!(%error, "events that other processes appended could not be looked up");
    }
}
