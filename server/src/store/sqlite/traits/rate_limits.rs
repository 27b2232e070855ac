//! Rate limits of a store of one node.
//!
//! Owns that no other node spends anything. Must not store any: the node counts its own.

use std::time::Duration;

use async_trait::async_trait;

use super::super::SqliteStore;
use crate::store::{LimitKey, RateLimits, Result, Spent};

#[async_trait]
impl RateLimits for SqliteStore {
    async fn spend(&self, spent: Vec<(LimitKey, Duration)>) -> Result<Spent> {
        Ok(Spent { all: spent, nodes: 1 })
    }

    async fn delete_recovered(&self) -> Result<()> {
        Ok(())
    }
}
