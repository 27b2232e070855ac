//! Rate limits of a store that one node alone has.
//!
//! Owns that nobody else spends anything. Must not keep any: the node counts its own.

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
