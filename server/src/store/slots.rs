//! Connection slots of several nodes, as the rest of the server sees them.
//!
//! Owns the types and their trait. Must not know who takes a slot, nor when a node renews its registration.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::Result;

/// One registration of a node: another one for each start, and after each that has expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeId(pub i64);

/// What a node has and wants of one user's slots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotRequest {
    /// The user.
    pub user_id: Arc<str>,
    /// How many are in use on this node. They are recorded as they are, whatever was recorded before.
    pub used: u32,
    /// How many more it wants.
    pub wanted: u32,
}

/// The slots of each user over all nodes. A store that one node alone has needs none.
#[async_trait]
pub trait Slots: Send + Sync {
    /// Registers a node for a time, by the database's clock; nothing where the store has one node.
    async fn register_node(&self, lasts: Duration) -> Result<Option<NodeId>>;

    /// Has a registration last for a time from now on. `false`: it has expired, and its slots may be others' by now.
    async fn renew_node(&self, node: NodeId, lasts: Duration) -> Result<bool>;

    /// Ends a registration: its slots are free at once.
    async fn end_node(&self, node: NodeId) -> Result<()>;

    /// Records what the node uses and takes what it wants, as far as no user has more than `limit` on all nodes whose
    /// registration is valid; how many it has of each then, in the order of the requests. One request for a user. Fails
    /// where the node's registration has expired.
    async fn record_slots(&self, node: NodeId, requests: Vec<SlotRequest>, limit: u32) -> Result<Vec<u32>>;

    /// How many slots the node has of each user.
    async fn recorded_slots(&self, node: NodeId) -> Result<Vec<(String, u32)>>;
}
