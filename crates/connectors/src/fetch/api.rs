//! The port through which a provider is called.
//!
//! Owns the trait. Must not know HTTP clients.

use async_trait::async_trait;

use super::error::ApiError;
use super::request::Request;
use super::response::ApiResponse;

/// One provider's HTTP interface. The implementation builds the address, adds the token, waits for a bounded time, takes
/// a bounded answer and keeps the provider's limits.
#[async_trait]
pub trait Api: Send + Sync {
    /// Sends a request; the answer, whatever its status.
    async fn call(&self, request: Request) -> Result<ApiResponse, ApiError>;
}
