//! The port through which a provider is called.
//!
//! Owns the trait. Must not know HTTP clients.

use async_trait::async_trait;

use super::error::ApiError;
use super::request::Request;
use super::response::ApiResponse;

/// One provider's HTTP interface. The implementation builds the address, adds the token, limits the wait and the size
/// of the answer, and keeps the provider's rate limits.
#[async_trait]
pub trait Api: Send + Sync {
    /// Sends a request and returns the answer, whatever its status.
    async fn call(&self, request: Request) -> Result<ApiResponse, ApiError>;
}
