//! What a wake-up wakes.
//!
//! Owns the list of it. Must not decide when.

use std::sync::Arc;

use tokio::sync::Notify;

use crate::feed::Feed;
use crate::metrics::Metrics;
use crate::store::Store;

/// What a wake-up of another node wakes here.
pub struct Woken {
    /// The store of this node, whose events the wake-ups are about.
    pub store: Arc<dyn Store>,
    /// The subscribers of the users whose logs have advanced.
    pub feed: Arc<Feed>,
    /// The sender of the outbox.
    pub outbox: Arc<Notify>,
    /// The sync worker.
    pub syncs: Arc<Notify>,
    /// Counts the messages.
    pub metrics: Arc<Metrics>,
}
