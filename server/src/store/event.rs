//! An event of a user's feed on its way from the store to the sockets.
//!
//! Owns its shape. Must not know sockets.

use std::sync::Arc;

use serde_json::value::RawValue;

/// One event that has been committed: a row of the log.
#[derive(Clone, Debug)]
pub struct FeedEvent {
    /// Whose feed.
    pub user_id: Arc<str>,
    /// The user's number for it.
    pub seq: u64,
    /// Its name on the wire.
    pub name: &'static str,
    /// Its payload as it is sent: encoded once, however many sockets get it.
    pub payload: Arc<RawValue>,
}

/// Takes the events of each commit, in the order of the log. Called on the writer's own thread, so
/// it must hand them on and not wait.
pub type CommitSink = Box<dyn Fn(Vec<FeedEvent>) + Send>;
