//! Changes that other processes make in the store: the command line, above all.
//!
//! Owns looking for ended sessions and appended events. Must not be needed for changes of this process.

use crate::state::AppState;
use crate::{feed, store};

/// Applies what other processes changed to the open sockets and streams.
pub(super) async fn run(state: AppState) {
    let noticed = async {
        feed::disconnect_ended_sessions(&state.feed, state.now()).await?;
        feed::deliver_external_events(&state.feed).await?;
        Ok::<_, store::Error>(())
    };
    if let Err(error) = noticed.await {
        tracing::warn!(%error, "changes by other processes could not be looked up");
    }
}
