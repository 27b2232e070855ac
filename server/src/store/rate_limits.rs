//! Rate limits that several nodes share, as the rest of the server sees them.
//!
//! Owns the trait. Must not know the callers: their keys are hashes.

use std::time::Duration;

use async_trait::async_trait;

use super::Result;

/// A hash of a limit and a caller.
pub type LimitKey = [u8; 16];

/// What all nodes have spent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spent {
    /// Of each key, as the time in which it recovers.
    pub all: Vec<(LimitKey, Duration)>,
    /// How many nodes there are.
    pub nodes: u32,
}

/// What nodes have spent of limits, by the database's clock. A crash of the database may forget it.
#[async_trait]
pub trait RateLimits: Send + Sync {
    /// Adds what this node has spent, each as the time in which it recovers; what all nodes have spent of the same keys then. One
    /// entry for a key.
    async fn spend(&self, spent: Vec<(LimitKey, Duration)>) -> Result<Spent>;

    /// Deletes what has recovered.
    async fn delete_recovered(&self) -> Result<()>;
}
