//! The inbox as the rest of the server sees it: every authentic delivery as received.
//!
//! Owns its types and its trait. Must not know how it is stored.

use async_trait::async_trait;
use connectors::StoredDelivery;
use jiff::Timestamp;

use super::Result;

/// A delivery that waits for its connection or could not be understood.
#[derive(Debug)]
pub struct KeptDelivery {
    /// The store's id of it.
    pub id: i64,
    /// `connectorId`.
    pub connector_id: String,
    /// The delivery as received.
    pub delivery: StoredDelivery,
}

/// A delivery in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboxEntry {
    /// The id by which to inspect or requeue it.
    pub id: i64,
    /// `connectorId`.
    pub connector_id: String,
    /// The key that the provider repeats when it sends the delivery again.
    pub key: String,
    /// The connection that it names, if any.
    pub connection_id: Option<String>,
    /// RFC 3339, UTC.
    pub received_at: String,
    /// `processed`, `kept`, or `refused` if the body is not in the provider's format.
    pub verdict: String,
    /// Why it is quarantined or refused.
    pub reason: Option<String>,
    /// The time from its arrival until it was written, in microseconds.
    pub latency_us: Option<u64>,
}

/// Every authentic delivery as received.
#[async_trait]
pub trait Inbox: Send + Sync + 'static {
    /// The newest deliveries, or only the quarantined ones.
    async fn inbox(&self, kept_only: bool, limit: u32) -> Result<Vec<InboxEntry>>;

    /// The number of deliveries that could not be applied or understood.
    async fn kept_deliveries(&self) -> Result<u64>;

    /// One entry of the list.
    async fn inbox_entry(&self, id: i64) -> Result<InboxEntry>;

    /// One delivery, with its body.
    async fn delivery(&self, id: i64) -> Result<KeptDelivery>;

    /// The deliveries after an id that were quarantined because their connection was unknown, and whose connection is
    /// registered now: in order of arrival, at most `limit`, of one connection or of all.
    async fn placeable_deliveries(
        &self,
        connection: Option<(String, String)>,
        after: i64,
        limit: u32,
    ) -> Result<Vec<KeptDelivery>>;

    /// Deletes settled deliveries older than one time, and quarantined ones older than another; returns how many. A
    /// repeated delivery is recognised until its record is deleted.
    async fn prune_inbox(&self, settled_before: Timestamp, kept_before: Timestamp) -> Result<usize>;
}
