//! Events that other nodes and processes have committed, for the live subscribers of this one.
//!
//! Owns reading them: once for all subscribers of a user, and for many users in one query. Must not be needed for order or
//! completeness: a subscriber that is given another number than its next one catches up from the log by itself.

use std::sync::Arc;

use super::service::Feed;

/// How many users' events one query reads.
const USERS: usize = 256;
/// How many events of each of them; a subscriber that has missed more catches up from the log.
const EVENTS: u32 = 64;

/// Delivers what these users' logs have up to these numbers.
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
            Err(error) => tracing::debug!(%error, "events of other nodes could not be read together"),
        }
        // What was not read is read for each subscriber.
        for (user_id, newest) in some {
            feed.hub().log_advanced(user_id, *newest);
        }
    }
}
