//! Spans and fields that follow a delivery through the server.
//!
//! Owns their names: `delivery.id`, `connector.id`, `connection.id`, `user.id`, `event.seq`. A single id connects the
//! receipt of a webhook, its commit and the publication of its events. Must not decide what is worth a line, nor use
//! anything from a delivery's body.
//!
//! Cheap enough to stay on: one span per webhook. The lines of each step are `debug` and cost a comparison while that
//! level is off. An event carries the id as a number, not as a span.

use std::fmt;
use std::time::{Duration, Instant};

use tracing::Span;

/// A delivery's id in the log. It is random, because the store's id exists only after the commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeliveryId(u64);

impl fmt::Display for DeliveryId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}", self.0)
    }
}

/// The arrival of a delivery: its id in the log, and its time.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    /// Its id in the log.
    pub id: DeliveryId,
    at: Instant,
}

impl Arrival {
    /// The arrival of a delivery that arrives now.
    pub fn now() -> Self {
        Self { id: DeliveryId(fastrand::u64(..)), at: Instant::now() }
    }

    /// The time since the arrival.
    pub fn elapsed(&self) -> Duration {
        self.at.elapsed()
    }
}

/// The span of everything that is logged while a webhook is answered. Its level is that of errors, so that even a
/// filter for errors only shows which delivery an error belongs to.
pub fn delivery(arrival: &Arrival, connector_id: &str) -> Span {
    tracing::error_span!("delivery", delivery.id = %arrival.id, connector.id = connector_id)
}

/// Logs that a webhook has arrived. Nothing of it has been read yet.
pub fn received() {
    tracing::debug!("a webhook arrived");
}

/// Logs that the store has recorded a delivery, which is now on disk.
pub fn recorded(arrival: &Arrival, connection_id: Option<&str>) {
    let micros = u64::try_from(arrival.elapsed().as_micros()).unwrap_or(u64::MAX);
    tracing::debug!(delivery.id = %arrival.id, connection.id = connection_id, micros, "a delivery was recorded");
}

/// Logs that an event is given to its user's subscribers.
pub fn published(delivery: Option<DeliveryId>, user_id: &str, seq: u64, name: &str) {
    tracing::debug!(
        delivery.id = delivery.map(tracing::field::display),
        user.id = user_id,
        event.seq = seq,
        event.name = name,
        "an event was published"
    );
}

/// Logs that a call to the core app has ended.
pub fn called_core_app(user_id: &str, idempotency_key: &str, outcome: &str) {
    tracing::debug!(user.id = user_id, key = idempotency_key, outcome, "the core app was called");
}
