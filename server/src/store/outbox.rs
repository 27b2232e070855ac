//! The outbox as the rest of the server sees it.
//!
//! Owns its types and its trait. Must not know how it is stored.

use async_trait::async_trait;
use jiff::Timestamp;
use wire::Transaction;

use super::Result;

/// A user whose next call is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueUser {
    /// The owner of the queue.
    pub user_id: String,
    /// The number of consecutive failures of the first call.
    pub attempts: u32,
}

/// A transaction on its way to the core app.
#[derive(Debug)]
pub struct OutgoingTransaction {
    /// The store's id of the call.
    pub id: i64,
    /// The same for every attempt, and different for every revision.
    pub idempotency_key: String,
    /// The transaction as of that revision, or why it cannot be read.
    pub transaction: std::result::Result<Transaction, String>,
    /// Whether the core app is to delete it.
    pub is_deletion: bool,
}

/// A queue whose first call has failed several times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StuckQueue {
    /// The owner of the queue.
    pub user_id: String,
    /// The number of calls in the queue.
    pub waiting: u64,
    /// The key of its first call.
    pub idempotency_key: String,
    /// The number of consecutive failures of that call.
    pub attempts: u32,
    /// The failure of the last attempt.
    pub reason: String,
}

/// The outcome of requeuing dead letters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Revived {
    /// The number of calls put back at the end of their users' queues.
    pub revived: u64,
    /// The number of calls dropped, because the transaction is deleted or has a newer revision with its own call.
    pub outdated: u64,
}

/// The state of the outbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutboxState {
    /// The number of waiting calls.
    pub waiting: u64,
    /// When the oldest one was added, in milliseconds since 1970.
    pub oldest_millis: Option<i64>,
    /// The number of dead letters.
    pub dead: u64,
}

/// A call that the core app rejected permanently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// The id by which to requeue it.
    pub id: i64,
    /// The user whose call it was.
    pub user_id: String,
    /// The key of the rejected call.
    pub idempotency_key: String,
    /// RFC 3339, UTC.
    pub died_at: String,
    /// The core app's answer.
    pub reason: String,
}

/// Calls that wait to be sent to the core app.
#[async_trait]
pub trait Outbox: Send + Sync + 'static {
    /// Users whose next call is due, the longest waiting first. A pause longer than the maximum counts as over, because the
    /// clock was set back.
    async fn due_users(&self, now: Timestamp, limit: u32) -> Result<Vec<DueUser>>;

    /// The first due time after `now`, in milliseconds since 1970; `None` if no user is due later.
    async fn next_due(&self, now: Timestamp) -> Result<Option<i64>>;

    /// A user's oldest calls, in order.
    async fn outgoing(&self, user_id: String, limit: u32) -> Result<Vec<OutgoingTransaction>>;

    /// Removes a call that the core app accepted or, with a reason in `dead`, rejected permanently.
    async fn settle(&self, user_id: String, id: i64, dead: Option<String>, now: Timestamp) -> Result<()>;

    /// Notes a failed attempt: the user is due again at `until`.
    async fn postpone(&self, user_id: String, until: Timestamp, reason: String) -> Result<()>;

    /// The state of the outbox.
    async fn outbox_state(&self) -> Result<OutboxState>;

    /// The newest dead letters.
    async fn dead_letters(&self, limit: u32) -> Result<Vec<DeadLetter>>;

    /// Puts one dead letter, or all, back at the end of their users' queues, due at once. A call for an older revision than
    /// the transaction's newest is dropped.
    async fn revive(&self, id: Option<i64>, now: Timestamp) -> Result<Revived>;

    /// The blocked queues, whose first call has failed at least `attempts` times; those with the most attempts first.
    async fn stuck_queues(&self, attempts: u32, limit: u32) -> Result<Vec<StuckQueue>>;

    /// Makes the first call of a user's queue a dead letter, so that the next ones are sent; returns its key, if there was
    /// one.
    async fn set_aside(&self, user_id: String, now: Timestamp) -> Result<Option<String>>;

    /// Ends every pause: every waiting user is due at once.
    async fn hurry(&self) -> Result<()>;
}
