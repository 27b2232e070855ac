//! Slots of a store of one node.
//!
//! Owns that none are needed: the node counts its own. Must not store any.

use std::time::Duration;

use async_trait::async_trait;

use super::super::SqliteStore;
use crate::store::{NodeId, Result, SlotRequest, Slots};

#[async_trait]
impl Slots for SqliteStore {
    async fn register_node(&self, _: Duration) -> Result<Option<NodeId>> {
        Ok(None)
    }

    async fn renew_node(&self, _: NodeId, _: Duration) -> Result<bool> {
        Ok(false)
    }

    async fn end_node(&self, _: NodeId) -> Result<()> {
        Ok(())
    }

    async fn record_slots(&self, _: NodeId, requests: Vec<SlotRequest>, _: u32) -> Result<Vec<u32>> {
        Ok(requests.into_iter().map(|it| it.used + it.wanted).collect())
    }

    async fn recorded_slots(&self, _: NodeId) -> Result<Vec<(String, u32)>> {
        Ok(vec![])
    }
}
