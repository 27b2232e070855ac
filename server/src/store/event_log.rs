//! The log of each user's events.
//!
//! Owns its trait. Must not append to it: units of work do.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::watch;

use super::{Epoch, FeedEvent, LogEnds, Result};

/// Reading and pruning the log.
#[async_trait]
pub trait EventLog: Send + Sync {
    /// The epoch as far as this node knows. What is read says which one it is of.
    fn epoch(&self) -> Epoch;

    /// The epoch, and each that follows: the database may have lost its end.
    fn epoch_changes(&self) -> watch::Receiver<Epoch>;

    /// How far a user's event log reaches.
    async fn log_ends(&self, user_id: Arc<str>) -> Result<LogEnds>;

    /// How far each of these users' logs reaches, in their order.
    async fn log_ends_of(&self, users: Vec<Arc<str>>) -> Result<Vec<LogEnds>>;

    /// The newest event number of each of these users, in their order.
    async fn newest_events(&self, users: Vec<Arc<str>>) -> Result<Vec<u64>>;

    /// A user's events after a number, in order, at most `limit` of them.
    async fn events_after(&self, user_id: Arc<str>, after: u64, limit: u32) -> Result<Vec<FeedEvent>>;

    /// The events of several users, of each those after a number, in order, at most `limit` of them. Fails where one of the
    /// reads fails.
    async fn events_of_users(&self, users: Vec<(Arc<str>, u64)>, limit: u32) -> Result<Vec<FeedEvent>>;

    /// Forgets events that are older than a time, and each user's oldest beyond a count; how many.
    async fn prune_events(&self, older_than: Timestamp, keep_newest: u64) -> Result<usize>;
}
