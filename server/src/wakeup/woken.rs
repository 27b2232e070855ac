//! The parts of a node that a wake-up wakes.
//!
//! Owns the list of them. Must not decide when.

use std::sync::Arc;

use tokio::sync::Notify;

use crate::feed::Feed;
use crate::metrics::Metrics;
use crate::store::Store;

/// The parts of this node that another node's wake-up wakes.
pub struct Woken {
    /// This node's store, whose events the wake-ups concern.
    pub store: Arc<dyn Store>,
    /// The subscribers of the users whose logs have advanced.
    pub feed: Arc<Feed>,
    /// The outbox worker.
    pub outbox: Arc<Notify>,
    /// The sync worker.
    pub syncs: Arc<Notify>,
    /// Counts the messages.
    pub metrics: Arc<Metrics>,
}
