//! The administration page's data: stuck deliveries and calls.
//!
//! Owns the shapes of `/api/admin`. Must not hold a secret, nor more of a user than an id, except for the one delivery
//! that an administrator opens.

use serde::{Deserialize, Serialize};

use crate::object::json_objects;

json_objects!(OutboxView, StuckQueue, DeadLetter, Delivery, RawDelivery, AdminView);

/// Whether the core app is called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Breaker {
    /// Calls are made.
    #[default]
    Closed,
    /// No calls are made except occasional trials: the core app does not answer, or it refuses the secret.
    Open,
}

/// The state of sending to the core app: `GET /api/admin/outbox`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", remote = "Self")]
pub struct OutboxView {
    /// Whether a core app is configured.
    pub configured: bool,
    /// Whether it is called.
    pub breaker: Breaker,
    /// How many transactions wait.
    pub waiting: u64,
    /// When the oldest of them was queued: RFC 3339, UTC.
    pub oldest_at: Option<String>,
    /// How long ago that was, in seconds.
    pub lag_seconds: u64,
    /// How many calls were rejected permanently.
    pub dead: u64,
    /// The newest dead letters.
    pub dead_letters: Vec<DeadLetter>,
    /// The blocked queues, those with the most attempts first.
    pub stuck_queues: Vec<StuckQueue>,
}

/// A user's queue whose head the core app has failed to accept several times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", remote = "Self")]
pub struct StuckQueue {
    /// The user.
    pub user_id: String,
    /// How many transactions wait in it.
    pub waiting: u64,
    /// The key of the call at its head.
    pub idempotency_key: String,
    /// The number of failed attempts in a row.
    pub attempts: u32,
    /// The failure of the last attempt.
    pub reason: String,
}

/// A call that the core app rejected permanently.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", remote = "Self")]
pub struct DeadLetter {
    /// The id for sending it again.
    pub id: i64,
    /// The user.
    pub user_id: String,
    /// The key of the rejected call: `<connectorId>:<transactionId>[:<revision>]`.
    pub idempotency_key: String,
    /// RFC 3339, UTC.
    pub died_at: String,
    /// The core app's answer.
    pub reason: String,
}

/// A delivery of the inbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", remote = "Self")]
pub struct Delivery {
    /// The id for opening it or running it again.
    pub id: i64,
    /// The connector, for example `basiq`.
    pub connector_id: String,
    /// The key that the provider repeats when it sends the delivery again.
    pub key: String,
    /// The connection that it names, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection_id: Option<String>,
    /// RFC 3339, UTC.
    pub received_at: String,
    /// `processed`, `kept`, or `refused` for a body that does not have the provider's shape.
    pub verdict: String,
    /// Why it is kept or refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How long it took from its arrival until it was written, in microseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_us: Option<u64>,
}

/// A delivery as received: `GET /api/admin/inbox/{id}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", remote = "Self")]
pub struct RawDelivery {
    /// Its entry in the inbox.
    #[serde(flatten)]
    pub delivery: Delivery,
    /// Names in lower case with their values, without credentials.
    pub headers: Vec<(String, String)>,
    /// The body: text, or Base64 if it is not text.
    pub body: String,
    /// Whether the body is Base64.
    pub is_base64: bool,
}

/// Stuck deliveries and calls, on one page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", remote = "Self")]
pub struct AdminView {
    /// The time of this data: RFC 3339, UTC.
    pub at: String,
    /// The calls to the core app.
    pub outbox: OutboxView,
    /// How many deliveries could not be placed or understood.
    pub kept: u64,
    /// The newest of them.
    pub kept_deliveries: Vec<Delivery>,
}
