//! A unit of work on the writer.
//!
//! Owns the state that a unit of work carries through the store. Must not read or write.

use jiff::Timestamp;
use ledger::Context;
use rusqlite::Connection as Database;

use crate::store::rows::Scope;
use crate::store::shared::Shared;
use crate::store::{Epoch, FeedEvent};
use crate::telemetry::spans::DeliveryId;

/// A job's part of a database transaction.
pub(super) struct Unit<'a> {
    pub(super) database: &'a Database,
    /// The events to send after the commit.
    pub(super) events: &'a mut Vec<FeedEvent>,
    pub(super) shared: &'a Shared,
    /// The epoch of the events' numbers.
    pub(super) epoch: Epoch,
    pub(super) now: Timestamp,
    /// The delivery that causes it, for the log.
    pub(super) delivery: Option<DeliveryId>,
    /// Whether it records a push.
    pub(super) is_pushed: bool,
}

impl<'a> Unit<'a> {
    /// A unit of work that no delivery causes.
    pub(super) fn new(
        database: &'a Database,
        events: &'a mut Vec<FeedEvent>,
        shared: &'a Shared,
        now: Timestamp,
    ) -> Self {
        // Times are stored in milliseconds. An event that is rebuilt from the store has to have the time that was sent.
        let now = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now);
        Self { database, events, shared, epoch: shared.epochs.current(), now, delivery: None, is_pushed: false }
    }

    /// The ledger's context for changes at this place in the order of arrival.
    pub(super) fn context<'c>(&'c self, scope: &Scope<'c>, arrival: i64) -> Context<'c> {
        self.shared.context(scope, &self.epoch, self.now, self.is_pushed, arrival)
    }
}
