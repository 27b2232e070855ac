//! Changes that other processes make to the store while this one runs, the command line above all.
//!
//! Owns detecting the sessions that they end and the events that they write. Must not be needed for what this process
//! does itself: that is published on the bus at once.

use jiff::Timestamp;

use super::service::Feed;
use crate::store;

/// Disconnects subscribers whose session is no longer in the store.
pub async fn disconnect_ended_sessions(feed: &Feed, now: Timestamp) -> store::Result<()> {
    for session in feed.sessions() {
        if feed.store().session(session, now).await?.is_none() {
            feed.end_session(session);
        }
    }
    Ok(())
}

/// Delivers events that another process wrote to live subscribers.
pub async fn deliver_external_events(feed: &Feed) -> store::Result<()> {
    let cursors = feed.hub().cursors();
    let users = cursors.iter().map(|(user_id, _)| user_id.clone()).collect();
    let newest = feed.store().newest_events(users).await?;
    for ((user_id, cursor), newest) in cursors.iter().zip(newest) {
        if newest > *cursor {
            feed.hub().log_advanced(user_id, newest);
        }
    }
    Ok(())
}
