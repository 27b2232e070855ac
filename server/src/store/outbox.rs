//! The outbox as the rest of the server sees it.
//!
//! Owns its types and its trait. Must not know how it is kept.

use async_trait::async_trait;
use jiff::Timestamp;
use wire::Transaction;

use super::Result;

/// A user with something to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueUser {
    /// Whose queue it is.
    pub user_id: String,
    /// How often in a row its head could not be sent.
    pub attempts: u32,
}

/// A transaction on its way to the core app.
#[derive(Debug)]
pub struct OutgoingTransaction {
    /// The store's own id.
    pub id: i64,
    /// The same for every attempt, and another for every revision.
    pub idempotency_key: String,
    /// As it was at that revision; why not, where it can't be read.
    pub transaction: std::result::Result<Transaction, String>,
    /// Whether the core app is to delete it.
    pub is_deletion: bool,
}

/// A queue whose head could not be sent several times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StuckQueue {
    /// Whose it is.
    pub user_id: String,
    /// How much waits in it.
    pub waiting: u64,
    /// Its head.
    pub idempotency_key: String,
    /// How often in a row that could not be sent.
    pub attempts: u32,
    /// The failure of the last attempt.
    pub reason: String,
}

/// What became of dead letters that were to be sent again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Revived {
    /// The number of calls put back at the end of their users' queues.
    pub revived: u64,
    /// The number of calls dropped: the transaction has a newer revision, which has a call of its own, or is deleted.
    pub outdated: u64,
}

/// How the outbox is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutboxState {
    /// How much waits.
    pub waiting: u64,
    /// Since when the oldest does, in milliseconds since 1970.
    pub oldest_millis: Option<i64>,
    /// How much was refused for good.
    pub dead: u64,
}

/// A call that the core app rejected permanently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// To revive it by.
    pub id: i64,
    /// Whose it is.
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
    /// Users whose next call is due, the longest waiting first. A pause longer than the longest possible one counts as
    /// over: the clock was set back.
    async fn due_users(&self, now: Timestamp, limit: u32) -> Result<Vec<DueUser>>;

    /// The first due time after `now`, in milliseconds since 1970; `None` where no user is due later.
    async fn next_due(&self, now: Timestamp) -> Result<Option<i64>>;

    /// A user's oldest transactions to send, in order.
    async fn outgoing(&self, user_id: String, limit: u32) -> Result<Vec<OutgoingTransaction>>;

    /// The core app has taken one, or (with a reason) refused it for good.
    async fn settle(&self, user_id: String, id: i64, dead: Option<String>, now: Timestamp) -> Result<()>;

    /// One could not be sent: the user's turn comes again at `until`.
    async fn postpone(&self, user_id: String, until: Timestamp, reason: String) -> Result<()>;

    /// How it is doing.
    async fn outbox_state(&self) -> Result<OutboxState>;

    /// The newest dead letters.
    async fn dead_letters(&self, limit: u32) -> Result<Vec<DeadLetter>>;

    /// Puts dead letters back at the end of their users' queues, due at once: one, or all. A call that a newer
    /// revision has replaced is not sent after it.
    async fn revive(&self, id: Option<i64>, now: Timestamp) -> Result<Revived>;

    /// The longest blocked queues: their first calls could not be sent `attempts` times or more.
    async fn stuck_queues(&self, attempts: u32, limit: u32) -> Result<Vec<StuckQueue>>;

    /// Makes the first call of a user's queue a dead letter, so that the next ones are sent; its key, if there was
    /// one.
    async fn set_aside(&self, user_id: String, now: Timestamp) -> Result<Option<String>>;

    /// Ends every pause: the turn of everybody who waits comes at once.
    async fn hurry(&self) -> Result<()>;
}
