//! Why a call has no answer, and why a page could not be fetched.
//!
//! Owns the kinds of errors that the caller treats differently. Must not know HTTP clients.

use std::time::Duration;

use jiff::Timestamp;

/// Why a page could not be fetched: each reason is one sentence, for the log and the connections' page.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// A later attempt may succeed.
    #[error("{reason}")]
    Later {
        /// Why.
        reason: String,
        /// Not before this long, if the provider says so.
        after: Option<Duration>,
    },
    /// The user has to consent again, or sign in at the bank.
    #[error("{reason}")]
    ConsentNeeded {
        /// Why.
        reason: String,
    },
    /// The provider does not accept this server's own key.
    #[error("{reason}")]
    Refused {
        /// Why.
        reason: String,
    },
    /// The provider no longer has the requested object.
    #[error("{reason}")]
    Gone {
        /// Why.
        reason: String,
    },
    /// The data changed during the run, which begins again.
    #[error("{reason}")]
    Restart {
        /// Why.
        reason: String,
    },
    /// The answer does not have the documented form.
    #[error("{reason}")]
    NotUnderstood {
        /// Why.
        reason: String,
    },
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// The provider could not be reached, or closed the connection.
    #[error("it could not be reached: {0}")]
    Unreachable(String),
    /// It did not answer in time.
    #[error("it did not answer in time")]
    TimedOut,
    /// Its answer is larger than the limit.
    #[error("its answer is too large")]
    TooLarge,
    /// The provider's pause has not ended: nothing was sent.
    #[error("it accepts no calls before {until}")]
    Paused {
        /// When calls are allowed again.
        until: Timestamp,
    },
    /// The token for the call could not be obtained.
    #[error("no token could be obtained: {0}")]
    NoToken(Box<FetchError>),
    /// No address is configured.
    #[error("its address is not configured")]
    NotConfigured,
}

impl From<ApiError> for FetchError {
    fn from(error: ApiError) -> Self {
        let reason = error.to_string();
        match error {
            ApiError::Unreachable(_) | ApiError::TimedOut | ApiError::Paused { .. } => {
                Self::Later { reason, after: None }
            }
            ApiError::TooLarge => Self::NotUnderstood { reason },
            ApiError::NotConfigured => Self::Refused { reason },
            ApiError::NoToken(error) => *error,
        }
    }
}
