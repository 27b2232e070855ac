//! Events that other nodes and processes have committed, read for the live subscribers of this node.
//!
//! Owns reading them: once for all subscribers of a user, and for many users in one query. Must not be needed for order
//! or completeness: a subscriber that detects a gap in the numbers catches up from the log.

use std::sync::Arc;

use super::service::Feed;

/// How many users' events one query reads.
const USERS: usize = 256;
/// How many events of each user one query reads. A subscriber that has missed more catches up from the log.
const EVENTS: u32 = 64;

/// Delivers the events of these users up to these numbers.
pub async fn deliver_advanced(feed: &Feed, advanced: &[(Arc<str>, u64)]) {
    for some in advanced.chunks(USERS) {
        let behind: Vec<_> = some
            .iter()
            .filter_map(|(user_id, newest)| Some((Arc::clone(user_id), feed.hub().live_below(user_id, *newest)?)))
            .collect();
        if behind.is_empty() {
            continue;
        }
        match feed.store().events_of_users(behind, EVENTS).await {
            Ok(events) => events.iter().for_each(|event| feed.hub().publish(event)),
            Err(error) => tracing::debug!(%error, "events from other nodes could not be read in one query"),
        }
        // Events that were not read here are read for each subscriber.
        for (user_id, newest) in some {
            feed.hub().log_advanced(user_id, *newest);
        }
    }
}
