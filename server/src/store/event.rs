//! An event of a user's feed on its way from the store to the sockets.
//!
//! Owns its shape. Must not know sockets.

use std::sync::Arc;

use serde_json::value::RawValue;

use crate::telemetry::spans::DeliveryId;

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
    /// The delivery that caused it, for the log; `None` where it is read from the log of events.
    pub delivery: Option<DeliveryId>,
}

impl FeedEvent {
    /// The same event, marked as delivered again.
    pub fn replayed(&self) -> super::Result<Self> {
        // The mark is the first member of that name: what comes before it are a number, an id and a
        // time that were made here.
        let payload = self.payload.get().replacen(r#""source":"realtime""#, r#""source":"replay""#, 1);
        Ok(Self { payload: RawValue::from_string(payload)?.into(), ..self.clone() })
    }
}

/// How far a user's log reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogEnds {
    /// The oldest number that is kept; one more than the newest where none is.
    pub oldest: u64,
    /// The newest number; 0 before the first.
    pub newest: u64,
}

/// Takes the events of each commit, in the order of the log. Called on the writer's own thread, so
/// it must hand them on and not wait.
pub type CommitSink = Box<dyn Fn(Vec<FeedEvent>) + Send>;
