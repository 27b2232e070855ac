//! Errors of connecting, refreshing and ending a connection at its provider.
//!
//! Owns the causes. Must not know HTTP.

use std::time::Duration;

use connectors::fetch::FetchError;

use crate::ingest::Refusal;
use crate::store;

/// Why an operation on a connection failed at its provider.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// No connector with a consent page has this name.
    #[error("no such connector")]
    UnknownConnector,
    /// The operator has to correct the configuration; the text is one sentence.
    #[error("{0}")]
    NotConfigured(String),
    /// The provider does not answer now, or requires a pause; or the store cannot be used now.
    #[error("the provider is not available now: {reason}")]
    Unavailable {
        /// The cause, for the log.
        reason: String,
        /// How long the provider requires to wait, if it says so.
        after: Option<Duration>,
    },
    /// The provider refuses: the user has to connect the bank again, or the provider no longer has the connection.
    #[error("{0}")]
    Refused(String),
    /// The budget of refreshes is used up for this long.
    #[error("the connection has been refreshed as often as its provider allows")]
    OverBudget(Duration),
    /// The connection could not be registered.
    #[error(transparent)]
    Registration(#[from] Refusal),
    /// The store refused the operation, or could not be read or written.
    #[error(transparent)]
    Store(store::Error),
}

impl From<store::Error> for ConnectError {
    /// Separates errors that may be retried from the others.
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Unavailable(reason) => Self::Unavailable { reason, after: None },
            error => Self::Store(error),
        }
    }
}

impl From<FetchError> for ConnectError {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::Later { reason, after } => Self::Unavailable { reason, after },
            FetchError::Restart { reason } | FetchError::NotUnderstood { reason } => {
                Self::Unavailable { reason, after: None }
            }
            FetchError::ConsentNeeded { reason } | FetchError::Gone { reason } => Self::Refused(reason),
            FetchError::Refused { reason } => Self::NotConfigured(reason),
        }
    }
}
