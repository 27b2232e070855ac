//! Connecting a bank, as the rest of the server sees it: pending attempts, the providers' ids of users, and refreshes.
//!
//! Owns the types and the trait. Must not see a state, only its hash, and must not know how anything is stored.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::Result;

/// How long a node's claim to follow an attempt lasts unless renewed. A crash delays an attempt by about this.
pub const CONNECT_CLAIM: Duration = Duration::from_secs(20);

/// The SHA-256 of a state.
pub type StateHash = [u8; 32];

/// An attempt to connect a bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectAttempt {
    /// `connectorId`.
    pub connector_id: String,
    /// The user who connects.
    pub user_id: String,
    /// The provider's id of the user.
    pub provider_user: String,
    /// The connection to authorise again; `None` for a new one.
    pub connection_id: Option<String>,
    /// The provider's name for the attempt.
    pub token: Option<String>,
}

/// An attempt whose callback has arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnedConnect {
    /// The attempt as stored when it began.
    pub attempt: ConnectAttempt,
    /// The parameters of the callback, without the state.
    pub parameters: BTreeMap<String, String>,
    /// When the callback arrived.
    pub at: Timestamp,
}

/// How many times something may happen in a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// The number of times.
    pub times: u32,
    /// The period.
    pub within: Duration,
}

/// Attempts to connect a bank, and the providers' ids of users.
#[async_trait]
pub trait Connects: Send + Sync + 'static {
    /// The provider's id of a user, if one is stored.
    async fn provider_user(&self, connector_id: String, user_id: String) -> Result<Option<String>>;

    /// Stores the provider's id of a user, unless one is stored already; returns the stored one.
    async fn keep_provider_user(&self, connector_id: String, user_id: String, provider_user: String) -> Result<String>;

    /// Deletes the provider's id of a user, because the provider no longer has that user.
    async fn forget_provider_user(&self, connector_id: String, user_id: String) -> Result<()>;

    /// Begins an attempt with a deadline for its callback, and deletes expired attempts.
    async fn begin_connect(
        &self,
        state: StateHash,
        attempt: ConnectAttempt,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<()>;

    /// Records the callback of an attempt: once, before its deadline, through the same connector and by the same user.
    /// Fails with [`Error::NotFound`](super::Error::NotFound) if the attempt is unknown, expired or has returned already,
    /// and with [`Error::Conflict`](super::Error::Conflict) if it is another user's, who can still return. This node then
    /// follows the attempt, at first for [`CONNECT_CLAIM`].
    async fn return_connect(
        &self,
        state: StateHash,
        connector_id: String,
        user_id: String,
        parameters: BTreeMap<String, String>,
        now: Timestamp,
    ) -> Result<ReturnedConnect>;

    /// Claims the attempts that have returned, have not ended, and are followed by no other node. This node follows them
    /// for `lasts`, and other nodes leave them alone. A store of one node returns all of them.
    async fn claim_connects(&self, lasts: Duration) -> Result<Vec<(StateHash, ReturnedConnect)>>;

    /// Renews this node's claim to an attempt: for `lasts`, other nodes leave it alone.
    async fn follow_connect(&self, state: StateHash, lasts: Duration) -> Result<()>;

    /// Ends an attempt.
    async fn end_connect(&self, state: StateHash) -> Result<()>;

    /// Counts a refresh of a connection against its budget. If the budget is used up, counts nothing and returns when the
    /// next refresh is possible.
    async fn take_refresh(
        &self,
        connector_id: String,
        connection_id: String,
        budget: Budget,
        now: Timestamp,
    ) -> Result<Option<Timestamp>>;
}
