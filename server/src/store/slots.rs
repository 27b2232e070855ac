//! Connection slots of several nodes, as the rest of the server sees them.
//!
//! Owns the types and their trait. Must not know who takes a slot, or when a node renews its registration.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::Result;

/// One registration of a node. Each start of a node has a new one, and so does a node whose registration expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeId(pub i64);

/// The slots of one user that a node uses and requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotRequest {
    /// The user.
    pub user_id: Arc<str>,
    /// The number in use on this node. It replaces whatever was recorded before.
    pub used: u32,
    /// The number of additional slots requested.
    pub wanted: u32,
}

/// The slots of each user over all nodes. A store of one node does not need them.
#[async_trait]
pub trait Slots: Send + Sync {
    /// Registers a node for a time, by the database's clock; returns nothing if the store has one node.
    async fn register_node(&self, lasts: Duration) -> Result<Option<NodeId>>;

    /// Extends a registration to this time from now. `false` if it has expired: other nodes may have its slots already.
    async fn renew_node(&self, node: NodeId, lasts: Duration) -> Result<bool>;

    /// Ends a registration and frees its slots at once.
    async fn end_node(&self, node: NodeId) -> Result<()>;

    /// Records the slots that the node uses and grants those it requests, as long as no user exceeds `limit` over all nodes
    /// with a valid registration. Returns how many the node then has of each user, in the order of the requests, of which
    /// there is at most one per user. Fails if the node's registration has expired.
    async fn record_slots(&self, node: NodeId, requests: Vec<SlotRequest>, limit: u32) -> Result<Vec<u32>>;

    /// The number of slots that the node has of each user.
    async fn recorded_slots(&self, node: NodeId) -> Result<Vec<(String, u32)>>;
}
