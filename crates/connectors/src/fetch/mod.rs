//! Asking a provider what changed.
//!
//! Owns the trait of the providers that can be asked, and what a run is and gives. Must not do input or output (the
//! server implements [`Api`]), keep anything between two pages, or know whose a connection is.
//!
//! A **run** asks for everything that is new on one connection, a page at a time. Each page's changes are stored together
//! with the position that follows it, so a run that is interrupted goes on where it was.

mod api;
mod error;
mod request;
mod response;
mod run;

pub use api::{Api, ApiError};
pub use error::FetchError;
pub use request::{Body, Method, Request, TokenRequest};
pub use response::{ApiResponse, Token};
pub use run::{Credentials, LinkedConnection, Next, Page, Run};

pub use ledger::Absence;

use async_trait::async_trait;

/// A provider that can be asked.
#[async_trait]
pub trait Fetch: Send + Sync {
    /// Why this connection cannot be asked: one sentence that says what is missing and where it is set. Nothing where it
    /// can.
    fn obstacle(&self, connection: &LinkedConnection<'_>) -> Option<String>;

    /// The next page of a run.
    async fn page(&self, api: &dyn Api, run: &Run<'_>) -> Result<Page, FetchError>;

    /// Has the provider look at the bank again, where it does so on demand; whether it does.
    async fn refresh(&self, _api: &dyn Api, _connection: &LinkedConnection<'_>) -> Result<bool, FetchError> {
        Ok(false)
    }
}
