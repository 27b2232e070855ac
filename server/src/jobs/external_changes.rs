//! Changes that other processes, mainly the command line, make to the store.
//!
//! Owns looking for ended sessions and new events. Must not be needed for changes by this process.

use crate::feed;
use crate::state::AppState;

/// Applies the changes of other processes to the open sockets and streams.
pub(super) async fn run(state: AppState) {
    // If one of the two fails, the other still runs.
    if let Err(error) = feed::disconnect_ended_sessions(&state.feed, state.now()).await {
        tracing::warn!(%error, "sessions that other processes ended could not be looked up");
    }
    if let Err(error) = feed::deliver_external_events(&state.feed).await {
        tracing::warn!(%error, "events that other processes appended could not be looked up");
    }
}
