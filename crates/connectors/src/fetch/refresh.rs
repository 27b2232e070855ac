//! Requesting that a provider read the bank again.
//!
//! Owns the answer to a refresh and its quota. Must not call the provider.

use std::time::Duration;

/// The outcome of requesting a refresh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refresh {
    /// The provider reads the bank only on its own schedule.
    NotOnDemand,
    /// The provider is reading the bank.
    Begun {
        /// The job id, by which [`Fetch::is_refreshed`](super::Fetch::is_refreshed) knows when it is done; `None` if
        /// the provider has none.
        job: Option<String>,
    },
}

/// How often a connection may be refreshed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshBudget {
    /// This many times …
    pub times: u32,
    /// … within this time.
    pub within: Duration,
}
