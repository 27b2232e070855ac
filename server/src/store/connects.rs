//! Connecting a bank, as the rest of the server sees it: attempts under way, users as providers know them, and refreshes.
//!
//! Owns the types and the trait. Must not see a state, only its hash, and must not know how anything is kept.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::Result;

/// For how long a node that follows an attempt is believed to, unless it says so again. A crash delays an attempt by about this.
pub const CONNECT_CLAIM: Duration = Duration::from_secs(20);

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
    /// The attempt as it was begun.
    pub attempt: ConnectAttempt,
    /// The parameters of the callback, without the state.
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

/// Attempts to connect a bank, and the providers' ids of users.
#[async_trait]
pub trait Connects: Send + Sync + 'static {
    /// The provider's id of a user, where one was kept.
    async fn provider_user(&self, connector_id: String, user_id: String) -> Result<Option<String>>;

    /// Keeps the provider's id of a user. Where one is kept already, that one stays, and is returned.
    async fn keep_provider_user(&self, connector_id: String, user_id: String, provider_user: String) -> Result<String>;

    /// Forgets the provider's id of a user: the provider has no such user any more.
    async fn forget_provider_user(&self, connector_id: String, user_id: String) -> Result<()>;

    /// Begins an attempt whose callback has to arrive before a time, and deletes expired ones.
    async fn begin_connect(
        &self,
        state: StateHash,
        attempt: ConnectAttempt,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<()>;

    /// An attempt comes back: once, in time, through its own connector and to its own user. Fails with
    /// [`Error::NotFound`](super::Error::NotFound) where it is not known, too late or back already, and with
    /// [`Error::Conflict`](super::Error::Conflict) where it is another user's: that one can still come back. This node follows
    /// it from now on, for [`CONNECT_CLAIM`] to begin with.
    async fn return_connect(
        &self,
        state: StateHash,
        connector_id: String,
        user_id: String,
        parameters: BTreeMap<String, String>,
        now: Timestamp,
    ) -> Result<ReturnedConnect>;

    /// Those that have come back, have not ended, and are followed by no other node: this node follows them from now on, and
    /// others leave them to it for so long. A store of one node returns all of them.
    async fn claim_connects(&self, lasts: Duration) -> Result<Vec<(StateHash, ReturnedConnect)>>;

    /// This node still follows an attempt: others leave it to this node for so long.
    async fn follow_connect(&self, state: StateHash, lasts: Duration) -> Result<()>;

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
