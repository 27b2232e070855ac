//! An event of a user's feed on its way from the store to the sockets.
//!
//! Owns its structure. Must not know sockets.

use std::sync::Arc;

use serde_json::value::RawValue;

use super::Epoch;
use crate::telemetry::spans::DeliveryId;

/// One event that has been committed: a row of the log.
#[derive(Clone, Debug)]
pub struct FeedEvent {
    /// The user whose feed it belongs to.
    pub user_id: Arc<str>,
    /// The epoch of `seq`.
    pub epoch: Epoch,
    /// The user's event number.
    pub seq: u64,
    /// Its name on the wire.
    pub name: &'static str,
    /// Its payload as sent, encoded once for all sockets.
    pub payload: Arc<RawValue>,
    /// The delivery that caused it, for the server's log; `None` if the event was read from the event log.
    pub delivery: Option<DeliveryId>,
}

impl FeedEvent {
    /// The same event, marked as a replay.
    pub fn replayed(&self) -> super::Result<Self> {
        // The first occurrence is the mark itself: before it there are only a number, an id and a time, which the server
        // generates.
        let payload = self.payload.get().replacen(r#""source":"realtime""#, r#""source":"replay""#, 1);
        Ok(Self { payload: RawValue::from_string(payload)?.into(), ..self.clone() })
    }
}

/// The oldest and newest event numbers of a user's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEnds {
    /// The epoch of these numbers.
    pub epoch: Epoch,
    /// The oldest stored number; `newest + 1` if the log is empty.
    pub oldest: u64,
    /// The newest number; 0 before the first event.
    pub newest: u64,
}

/// Receives the events of each commit. Events of one commit are in log order; if several tasks or nodes commit, two commits
/// of a user may arrive in either order. It must pass the events on without waiting, because later commits wait for it.
pub type CommitSink = Box<dyn Fn(Vec<FeedEvent>) + Send>;
