//! The data that the dashboard needs from its server: a port that the server implements.
//!
//! Owns the trait and the request's context types. Must not know a database, HTTP or Socket.IO.

use std::sync::Arc;

use async_trait::async_trait;
use wire::admin::{AdminView, RawDelivery};
use wire::api::{Connection, ConnectorStatus, Snapshot, TransactionQuery, TransactionsPage};

/// The signed-in user a page is rendered for. The server puts it into the request's extensions after it has checked
/// the session; its absence means that the visitor is not signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// The user's id: the owner of the feed.
    pub user_id: String,
    /// The name to greet the user with.
    pub display_name: String,
}

/// In place of a [`Viewer`] if the session could not be read: the page says so, instead of treating a signed-in user as
/// a stranger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ViewerUnknown;

/// Set on the request of a failed sign-in, which the page answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedSignIn {
    /// The code of the reason.
    pub code: String,
    /// The e-mail address from the form. It is put back into the form and used nowhere else.
    pub email: String,
}

/// Why the data could not be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BackendError {
    /// The request is invalid: one sentence why.
    Invalid(String),
    /// The store did not answer; details are in the server's log.
    Unavailable,
}

/// The data behind the pages.
#[async_trait]
pub trait Backend: Send + Sync + 'static {
    /// The data of the dashboard when it opens.
    async fn snapshot(&self, viewer: &Viewer) -> Result<Snapshot, BackendError>;

    /// A page of the viewer's transactions.
    async fn transactions(&self, viewer: &Viewer, query: TransactionQuery) -> Result<TransactionsPage, BackendError>;

    /// The viewer's connections.
    async fn connections(&self, viewer: &Viewer) -> Result<Vec<Connection>, BackendError>;

    /// Every connector.
    fn connectors(&self) -> Vec<ConnectorStatus>;

    /// Whether the viewer is an administrator.
    fn is_admin(&self, viewer: &Viewer) -> bool;

    /// The failed deliveries and blocked queues. For administrators only.
    async fn admin(&self) -> Result<AdminView, BackendError>;

    /// One delivery as received, if it exists. For administrators only.
    async fn delivery(&self, id: i64) -> Result<Option<RawDelivery>, BackendError>;

    /// A token with which the viewer's page signs in at a Socket.IO server of another origin, which does not receive
    /// the session's cookie; `None` if this server cannot sign one.
    fn socket_token(&self, viewer: &Viewer) -> Option<String>;
}

/// The shared handle that server functions find in their context.
pub type SharedBackend = Arc<dyn Backend>;

/// What every page knows about this installation. The server provides it as context.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SiteInfo {
    /// The users as whom a visitor can sign in with one click: `(user id, display name)`. Empty unless the server runs
    /// in demo mode, which is stated on every page.
    pub demo_users: Vec<(String, String)>,
    /// The address at which browsers find Socket.IO, as `scheme://host[:port]`; `None` for the page's own origin.
    pub socket_url: Option<String>,
    /// Other addresses to which a page may connect, in the syntax of its Content-Security-Policy.
    pub connect_sources: Vec<String>,
}

impl SiteInfo {
    /// Whether the server runs in demo mode.
    pub fn is_demo(&self) -> bool {
        !self.demo_users.is_empty()
    }
}
