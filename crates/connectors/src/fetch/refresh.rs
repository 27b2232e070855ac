//! Having a provider look at the bank again.
//!
//! Owns the answer to a refresh and its quota. Must not call the provider.

use std::time::Duration;

/// The outcome of requesting a refresh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refresh {
    /// The provider looks by its own schedule alone.
    NotOnDemand,
    /// It is looking.
    Begun {
        /// The id by which [`Fetch::is_refreshed`](super::Fetch::is_refreshed) says when it is done; nothing where it cannot.
        job: Option<String>,
    },
}

/// How often a connection may be refreshed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshBudget {
    /// So often …
    pub times: u32,
    /// … within this time.
    pub within: Duration,
}
