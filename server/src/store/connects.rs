//! Connecting a bank, as the rest of the server sees it: attempts under way, users as providers know them, and refreshes.
//!
//! Owns the types and the trait. Must not see a state, only its hash, and must not know how anything is kept.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::Result;

/// The SHA-256 of a state.
pub type StateHash = [u8; 32];

/// An attempt to connect a bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectAttempt {
    /// `connectorId`.
    pub connector_id: String,
    /// Whose it is.
    pub user_id: String,
    /// The provider's id of the user.
    pub provider_user: String,
    /// The connection that is authorised again; nothing for a new one.
    pub connection_id: Option<String>,
    /// The provider's own name of the attempt.
    pub token: Option<String>,
}

/// An attempt that has come back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnedConnect {
    /// What it was begun with.
    pub attempt: ConnectAttempt,
    /// What the callback says, without the state.
    pub parameters: BTreeMap<String, String>,
    /// When it came back.
    pub at: Timestamp,
}

/// How often something may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// So often …
    pub times: u32,
    /// … within this time.
    pub within: Duration,
}

/// Attempts to connect a bank, and what belongs to them.
#[async_trait]
pub trait Connects: Send + Sync + 'static {
    /// The provider's id of a user, where one was kept.
    async fn provider_user(&self, connector_id: String, user_id: String) -> Result<Option<String>>;

    /// Keeps the provider's id of a user. Where one is kept already, that one stays, and is returned.
    async fn keep_provider_user(&self, connector_id: String, user_id: String, provider_user: String) -> Result<String>;

    /// Forgets the provider's id of a user: the provider has no such user any more.
    async fn forget_provider_user(&self, connector_id: String, user_id: String) -> Result<()>;

    /// Begins an attempt that has to come back before a time, and forgets those that have not.
    async fn begin_connect(
        &self,
        state: StateHash,
        attempt: ConnectAttempt,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<()>;

    /// An attempt comes back: once, in time, through its own connector and to its own user. Fails with
    /// [`Error::NotFound`](super::Error::NotFound) where it is not known, too late or back already, and with
    /// [`Error::Conflict`](super::Error::Conflict) where it is another user's: that one can still come back.
    async fn return_connect(
        &self,
        state: StateHash,
        connector_id: String,
        user_id: String,
        parameters: BTreeMap<String, String>,
        now: Timestamp,
    ) -> Result<ReturnedConnect>;

    /// Those that have come back and have not ended.
    async fn returned_connects(&self) -> Result<Vec<(StateHash, ReturnedConnect)>>;

    /// Ends an attempt.
    async fn end_connect(&self, state: StateHash) -> Result<()>;

    /// Counts a refresh of a connection against its budget. Where that is used up, nothing is counted: the time from which on
    /// there is room again.
    async fn take_refresh(
        &self,
        connector_id: String,
        connection_id: String,
        budget: Budget,
        now: Timestamp,
    ) -> Result<Option<Timestamp>>;
}
