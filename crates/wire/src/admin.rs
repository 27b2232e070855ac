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
    /// It is.
    #[default]
    Closed,
    /// It is not, but for a try now and then: it does not answer, or it refuses the secret.
    Open,
}

/// How the sending to the core app is doing: `GET /api/admin/outbox`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", remote = "Self")]
pub struct OutboxView {
    /// Whether there is a core app to send to.
    pub configured: bool,
    /// Whether it is called.
    pub breaker: Breaker,
    /// How many transactions wait.
    pub waiting: u64,
    /// Since when the oldest does: RFC 3339, UTC.
    pub oldest_at: Option<String>,
    /// For how long that is, in seconds.
    pub lag_seconds: u64,
    /// How many were refused for good.
    pub dead: u64,
    /// The newest of those.
    pub dead_letters: Vec<DeadLetter>,
    /// The blocked queues, the most tried first.
    pub stuck_queues: Vec<StuckQueue>,
}

/// A user's queue whose head the core app has failed to take several times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", remote = "Self")]
pub struct StuckQueue {
    /// Whose it is.
    pub user_id: String,
    /// How many transactions wait in it.
    pub waiting: u64,
    /// The key of the one that is tried.
    pub idempotency_key: String,
    /// How often in a row.
    pub attempts: u32,
    /// The failure of the last attempt.
    pub reason: String,
}

/// A call that the core app rejected permanently.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", remote = "Self")]
pub struct DeadLetter {
    /// To send it again by.
    pub id: i64,
    /// Whose it is.
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
    /// To look at it or run it again by.
    pub id: i64,
    /// The connector, for example `basiq`.
    pub connector_id: String,
    /// The key that the provider repeats when it sends the delivery again.
    pub key: String,
    /// The connection it names, where it names one.
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
    /// The body: text, or Base64 where it is none.
    pub body: String,
    /// Whether the body is Base64.
    pub is_base64: bool,
}

/// Stuck deliveries and calls, on one page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", remote = "Self")]
pub struct AdminView {
    /// As of when: RFC 3339, UTC.
    pub at: String,
    /// On its way out.
    pub outbox: OutboxView,
    /// How many deliveries could not be placed or understood.
    pub kept: u64,
    /// The newest of those.
    pub kept_deliveries: Vec<Delivery>,
}
