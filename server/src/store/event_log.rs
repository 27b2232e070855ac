//! The log of each user's events.
//!
//! Owns its trait. Must not append to the log: units of work do.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::watch;

use super::{Epoch, FeedEvent, LogEnds, Result};

/// Reading and pruning the log.
#[async_trait]
pub trait EventLog: Send + Sync {
    /// The newest epoch that this node knows. Events and log ends carry their own epoch.
    fn epoch(&self) -> Epoch;

    /// A receiver of the current epoch and each later one. A new epoch means that the end of the log may be lost.
    fn epoch_changes(&self) -> watch::Receiver<Epoch>;

    /// The oldest and newest event numbers of a user's log.
    async fn log_ends(&self, user_id: Arc<str>) -> Result<LogEnds>;

    /// The same for several users, in their order.
    async fn log_ends_of(&self, users: Vec<Arc<str>>) -> Result<Vec<LogEnds>>;

    /// The newest event number of each of these users, in their order.
    async fn newest_events(&self, users: Vec<Arc<str>>) -> Result<Vec<u64>>;

    /// A user's events after a number, in order, at most `limit` of them.
    async fn events_after(&self, user_id: Arc<str>, after: u64, limit: u32) -> Result<Vec<FeedEvent>>;

    /// For each of several users, the events after a number, in order, at most `limit` per user. Fails if any of the reads
    /// fails.
    async fn events_of_users(&self, users: Vec<(Arc<str>, u64)>, limit: u32) -> Result<Vec<FeedEvent>>;

    /// Deletes events older than a time, and each user's oldest events beyond a count; returns how many.
    async fn prune_events(&self, older_than: Timestamp, keep_newest: u64) -> Result<usize>;
}
