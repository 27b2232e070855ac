//! A subscriber: one socket or stream that receives a user's events.
//!
//! Owns its identity and the interface through which an event reaches it. Must not know rooms, nor any transport:
//! each transport implements [`EventSink`].

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::store::FeedEvent;

/// Identifies a subscriber, whatever its transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SubscriberId(u64);

impl SubscriberId {
    /// An id that has not been used since the process started.
    pub fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// Why the server ends a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// The dashboard session that it signed in with has ended.
    SessionEnded,
    /// It did not read for too long. The client can reconnect and resume.
    Lagging,
    /// This node had to give up the slot. The client can reconnect to another node and resume.
    SlotLost,
}

/// The transport of a subscriber.
pub trait EventSink: Send + Sync {
    /// Hands over an event without waiting. Returns false if the buffer is full or the client has disconnected.
    fn try_send(&self, event: &FeedEvent) -> bool;

    /// Waits until there may be space in the buffer, at most for `timeout`.
    fn ready(&self, timeout: Duration) -> BoxFuture<'_, ()>;

    /// Whether the client is still connected.
    fn is_connected(&self) -> bool;

    /// The subscriber has been removed from its room: ends the connection, if the removal alone does not.
    fn close(&self, reason: CloseReason);
}

/// A subscriber. A cheap handle.
#[derive(Clone)]
pub struct Subscriber {
    id: SubscriberId,
    sink: Arc<dyn EventSink>,
}

impl Subscriber {
    /// A subscriber that receives its events through `sink`.
    pub fn new(id: SubscriberId, sink: Arc<dyn EventSink>) -> Self {
        Self { id, sink }
    }

    /// Its id.
    pub fn id(&self) -> SubscriberId {
        self.id
    }

    pub(super) fn sink(&self) -> &dyn EventSink {
        self.sink.as_ref()
    }
}
