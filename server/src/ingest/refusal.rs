//! Why a delivery was refused.
//!
//! Owns the reasons. Must not know HTTP.

use connectors::{Malformed, VerifyError};

use crate::limits::TooMany;
use crate::store;

/// Why a delivery was refused.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// No connector has this name.
    #[error("no such connector")]
    UnknownConnector,
    /// Its signature is invalid.
    #[error(transparent)]
    Unverified(#[from] VerifyError),
    /// It is authentic, but its format is not this provider's.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// Too many deliveries for its connection or user; retry after this many seconds.
    #[error("too many deliveries for this connection")]
    RateLimited(u64),
    /// It carries credentials, and `CREDENTIALS_KEY` is not set to encrypt them.
    #[error("credentials are refused: CREDENTIALS_KEY is not set")]
    CredentialsNotConfigured,
    /// The store could not record it.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<TooMany> for Refusal {
    fn from(TooMany(seconds): TooMany) -> Self {
        Self::RateLimited(seconds)
    }
}
