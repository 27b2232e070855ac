//! What follows a commit.
//!
//! Owns that the events of a commit go to the feeds of their users, and that the sending to the core app is woken. The
//! store calls it right after each commit, before the deliveries of that commit are answered. Must not wait: the
//! store's writer does.

use std::sync::Arc;

use tokio::sync::{Notify, mpsc};

use crate::store::{CommitSink, FeedEvent};

/// The sink for a store's commits: `feed` gets the events in the order of the commits, `forwarding` is woken.
pub fn after_commit(feed: mpsc::UnboundedSender<Vec<FeedEvent>>, forwarding: Arc<Notify>) -> CommitSink {
    Box::new(move |events| {
        // The feed ends with the server, and what it does not take is in the log.
        let _ = feed.send(events);
        forwarding.notify_one();
    })
}
