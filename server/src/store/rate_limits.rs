//! Rate limits that several nodes share, as the rest of the server sees them.
//!
//! Owns the trait. Must not know the callers: their keys are hashes.

use std::time::Duration;

use async_trait::async_trait;

use super::Result;

/// A hash of a limit and a caller.
pub type LimitKey = [u8; 16];

/// What all nodes have spent of some limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spent {
    /// For each key, the time until what was spent has recovered.
    pub all: Vec<(LimitKey, Duration)>,
    /// The number of nodes.
    pub nodes: u32,
}

/// What nodes have spent of rate limits, by the database's clock. A crash of the database may lose it.
#[async_trait]
pub trait RateLimits: Send + Sync {
    /// Adds what this node has spent, each amount as its recovery time; returns what all nodes have then spent of the same
    /// keys. At most one entry per key.
    async fn spend(&self, spent: Vec<(LimitKey, Duration)>) -> Result<Spent>;

    /// Deletes rows that have recovered.
    async fn delete_recovered(&self) -> Result<()>;
}
