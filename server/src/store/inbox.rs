//! The inbox as the rest of the server sees it: every authentic delivery as received.
//!
//! Owns its types and its trait. Must not know how it is kept.

use async_trait::async_trait;
use connectors::StoredDelivery;
use jiff::Timestamp;

use super::Result;

/// A delivery that waits to be placed or understood.
#[derive(Debug)]
pub struct KeptDelivery {
    /// The store's own id.
    pub id: i64,
    /// `connectorId`.
    pub connector_id: String,
    /// The delivery as received.
    pub delivery: StoredDelivery,
}

/// A delivery in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboxEntry {
    /// To look at it or run it again by.
    pub id: i64,
    /// `connectorId`.
    pub connector_id: String,
    /// The key that the provider repeats when it sends the delivery again.
    pub key: String,
    /// The connection it names, where it names one.
    pub connection_id: Option<String>,
    /// RFC 3339, UTC.
    pub received_at: String,
    /// `processed`, `kept`, or `refused` for a body that does not have the provider's shape.
    pub verdict: String,
    /// Why it is kept or refused.
    pub reason: Option<String>,
    /// How long it took from its arrival until it was written, in microseconds.
    pub latency_us: Option<u64>,
}

/// Every authentic delivery as received.
#[async_trait]
pub trait Inbox: Send + Sync + 'static {
    /// The newest deliveries, or only the quarantined ones.
    async fn inbox(&self, kept_only: bool, limit: u32) -> Result<Vec<InboxEntry>>;

    /// How many deliveries could not be placed or understood.
    async fn kept_deliveries(&self) -> Result<u64>;

    /// One delivery of the list.
    async fn inbox_entry(&self, id: i64) -> Result<InboxEntry>;

    /// One delivery, with its body.
    async fn delivery(&self, id: i64) -> Result<KeptDelivery>;

    /// The deliveries after an id that are kept for want of a connection which is registered by now,
    /// in the order they came, at most `limit`; of one connection, or of all.
    async fn placeable_deliveries(
        &self,
        connection: Option<(String, String)>,
        after: i64,
        limit: u32,
    ) -> Result<Vec<KeptDelivery>>;

    /// Deletes settled deliveries older than one time, and quarantined ones older than another; how many. Until then a
    /// repetition is recognised.
    async fn prune_inbox(&self, settled_before: Timestamp, kept_before: Timestamp) -> Result<usize>;
}
