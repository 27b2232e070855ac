//! The step after a commit.
//!
//! Owns that the events of a commit go onto the bus, and that the core app worker and the other nodes are woken. The
//! store calls it right after each commit, before the deliveries of that commit are answered. Must not wait: it runs in
//! the store's writer.

use std::sync::Arc;

use tokio::sync::Notify;

use crate::feed::{Bus, Message};
use crate::store::{CommitSink, FeedEvent};
use crate::wakeup::Outgoing;

/// The sink for a store's commits: `bus` gets the events in the order of the commits, and `forwarding` and the other
/// nodes are woken.
pub fn after_commit(bus: impl Bus + 'static, forwarding: Arc<Notify>, other_nodes: Outgoing) -> CommitSink {
    Box::new(move |events: Vec<FeedEvent>| {
        other_nodes.committed(&events);
        bus.publish(Message::Committed(events));
        forwarding.notify_one();
    })
}
