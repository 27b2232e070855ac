//! Fetching changes from a provider.
//!
//! Owns the trait of the providers that can be fetched from, and the input and output of a run. Must not do I/O (the
//! server implements [`Api`]), keep state between two pages, or know whose a connection is.
//!
//! A **run** fetches everything new of one connection, a page at a time. Each page's changes are stored together with
//! the position that follows it, so an interrupted run resumes where it stopped.

mod answer;
mod api;
mod error;
mod refresh;
mod request;
mod response;
mod run;
mod window;

pub(crate) use answer::{list_of, parameter};
pub use api::Api;
pub use error::{ApiError, FetchError};
pub use refresh::{Refresh, RefreshBudget};
pub use request::{Body, Method, Request, TokenRequest};
pub use response::{ApiResponse, Token};
pub use run::{Credentials, LinkedConnection, Next, Page, Run};
pub(crate) use window::{Window, following};

pub use ledger::Absence;

use async_trait::async_trait;

/// A provider from which data can be fetched.
#[async_trait]
pub trait Fetch: Send + Sync {
    /// Why this connection cannot be synced: one sentence that says what is missing and where it is set. `None` if it
    /// can.
    fn obstacle(&self, connection: &LinkedConnection<'_>) -> Option<String>;

    /// The next page of a run.
    async fn page(&self, api: &dyn Api, run: &Run<'_>) -> Result<Page, FetchError>;

    /// How often the provider refreshes a connection on demand; `None` if the provider enforces the limit with a 429.
    fn refresh_budget(&self) -> Option<RefreshBudget> {
        None
    }

    /// Requests that the provider read the bank again, if it does so on demand.
    async fn refresh(&self, _api: &dyn Api, _connection: &LinkedConnection<'_>) -> Result<Refresh, FetchError> {
        Ok(Refresh::NotOnDemand)
    }

    /// Whether the job of a [`Refresh`] has ended, successfully or not.
    async fn is_refreshed(
        &self,
        _api: &dyn Api,
        _connection: &LinkedConnection<'_>,
        _job: &str,
    ) -> Result<bool, FetchError> {
        Ok(true)
    }
}
