//! Connecting a bank through the provider's own consent page.
//!
//! Owns the trait of the providers that have such a page, and the data of an attempt. Must not do I/O (the server
//! implements [`Api`]), keep state between two calls, or know sign-ins and states: a state is an opaque text that is
//! passed through.

mod attempt;
mod callback;
mod outcome;

pub use attempt::{Again, Attempt, Began, Person, Returned};
pub use outcome::{Connected, Outcome};

use async_trait::async_trait;

use crate::fetch::{Api, FetchError, LinkedConnection};

/// A provider that has a consent page for users.
#[async_trait]
pub trait Connect: Send + Sync {
    /// The last path segment of the call that begins an attempt: `consent` in `/api/connectors/basiq/consent`.
    fn call(&self) -> &'static str;

    /// Why no bank can be connected: one sentence that names the missing setting. `None` if all are set.
    fn obstacle(&self) -> Option<String>;

    /// Whether a new connection comes with credentials, which must be encrypted to be stored.
    fn gives_credentials(&self) -> bool {
        false
    }

    /// Whether the provider's own script can hand a token to the page, for [`Connect::exchange`].
    fn exchanges_tokens(&self) -> bool {
        false
    }

    /// Creates a user whom the provider does not know yet, and returns the provider's id. It is created once and
    /// stored.
    async fn user(&self, api: &dyn Api, person: &Person<'_>) -> Result<String, FetchError>;

    /// The URL of the consent page for an attempt.
    async fn begin(&self, api: &dyn Api, attempt: &Attempt<'_>) -> Result<Began, FetchError>;

    /// The outcome, as far as the provider knows it. Polled while it is [`Outcome::Waiting`].
    async fn outcome(&self, api: &dyn Api, returned: &Returned<'_>) -> Result<Outcome, FetchError>;

    /// The connection for a token that the provider's own script gave to the page.
    async fn exchange(&self, _api: &dyn Api, _token: &str) -> Result<Connected, FetchError> {
        Err(FetchError::not_understood("this provider gives no tokens to pages"))
    }

    /// Ends a connection at the provider. [`FetchError::Gone`] means that the provider has no connection with that id.
    async fn disconnect(&self, api: &dyn Api, connection: &LinkedConnection<'_>) -> Result<(), FetchError>;
}
