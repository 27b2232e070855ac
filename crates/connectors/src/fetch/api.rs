//! The port through which a provider is called.
//!
//! Owns the trait and what can go wrong on the way. Must not know HTTP clients.

use async_trait::async_trait;
use jiff::Timestamp;

use super::request::Request;
use super::response::ApiResponse;

/// One provider's HTTP interface. The implementation builds the address, adds the token, waits for a bounded time, takes
/// a bounded answer and keeps the provider's limits.
#[async_trait]
pub trait Api: Send + Sync {
    /// Sends a request; the answer, whatever its status.
    async fn call(&self, request: Request) -> Result<ApiResponse, ApiError>;
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// The provider could not be reached, or ended the connection.
    #[error("it could not be reached: {0}")]
    Unreachable(String),
    /// It did not answer in time.
    #[error("it did not answer in time")]
    TimedOut,
    /// Its answer has more bytes than are taken.
    #[error("its answer is too large")]
    TooLarge,
    /// It asked for a pause, which has not ended: nothing was sent.
    #[error("it asked for no calls before {until}")]
    Paused {
        /// When calls are taken again.
        until: Timestamp,
    },
    /// No address is configured.
    #[error("its address is not configured")]
    NotConfigured,
}
