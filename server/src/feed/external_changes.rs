//! Changes that other processes, mainly the command line, make to the store while this one runs.
//!
//! Owns detecting the sessions that they end and the events that they write. Must not be needed for changes by this
//! process: those are published on the bus at once.

use jiff::Timestamp;

use super::advanced_logs::deliver_advanced;
use super::service::Feed;
use crate::store;

/// Disconnects subscribers whose session is no longer in the store.
pub async fn disconnect_ended_sessions(feed: &Feed, now: Timestamp) -> store::Result<()> {
    let sessions = feed.sessions();
    if sessions.is_empty() {
        return Ok(());
    }
    for session in feed.store().ended_sessions(sessions, now).await? {
        feed.session_has_ended(session);
    }
    Ok(())
}

/// Delivers events that another process wrote to live subscribers.
pub async fn deliver_external_events(feed: &Feed) -> store::Result<()> {
    let cursors = feed.hub().cursors();
    let users = cursors.iter().map(|(user_id, _)| user_id.clone()).collect();
    let newest = feed.store().newest_events(users).await?;
    let advanced = cursors.into_iter().zip(newest).filter(|((_, cursor), newest)| newest > cursor);
    let advanced: Vec<_> = advanced.map(|((user_id, _), newest)| (user_id, newest)).collect();
    deliver_advanced(feed, &advanced).await;
    Ok(())
}
