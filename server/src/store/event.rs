//! An event of a user's feed on its way from the store to the sockets.
//!
//! Owns its shape. Must not know sockets.

use std::sync::Arc;

use serde_json::value::RawValue;

use super::Epoch;
use crate::telemetry::spans::DeliveryId;

/// One event that has been committed: a row of the log.
#[derive(Clone, Debug)]
pub struct FeedEvent {
    /// Whose feed.
    pub user_id: Arc<str>,
    /// The epoch of its number.
    pub epoch: Epoch,
    /// The user's number for it.
    pub seq: u64,
    /// Its name on the wire.
    pub name: &'static str,
    /// Its payload as sent: encoded once for all sockets.
    pub payload: Arc<RawValue>,
    /// The delivery that caused it, for the log; `None` where it is read from the log of events.
    pub delivery: Option<DeliveryId>,
}

impl FeedEvent {
    /// The same event, marked as delivered again.
    pub fn replayed(&self) -> super::Result<Self> {
        // The mark is the first member of that name: before it are only a number, an id and a time, all made here.
        let payload = self.payload.get().replacen(r#""source":"realtime""#, r#""source":"replay""#, 1);
        Ok(Self { payload: RawValue::from_string(payload)?.into(), ..self.clone() })
    }
}

/// How far a user's log reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEnds {
    /// The epoch of these numbers.
    pub epoch: Epoch,
    /// The oldest number that is kept; one more than the newest where none is.
    pub oldest: u64,
    /// The newest number; 0 before the first.
    pub newest: u64,
}

/// Takes the events of each commit. Those of one commit are in the order of the log; where several tasks or nodes commit, two
/// commits of a user may come in either order. It must hand them on and not wait: what follows is held up meanwhile.
pub type CommitSink = Box<dyn Fn(Vec<FeedEvent>) + Send>;
