//! What the dashboard needs from whoever serves it: a port that the server implements.
//!
//! Owns the trait and the request's context types. Must not know a database, HTTP or Socket.IO.

use std::sync::Arc;

use async_trait::async_trait;
use wire::admin::{AdminView, RawDelivery};
use wire::api::{Snapshot, TransactionQuery, TransactionsPage};

/// The signed-in person a page is rendered for. The server puts it into the request's extensions
/// after it has checked the session; its absence means that nobody is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// The user's id: the owner of the feed.
    pub user_id: String,
    /// How to greet them.
    pub display_name: String,
}

/// In the place of a [`Viewer`] where the session could not be looked up: the page says so, instead of
/// treating somebody who is signed in as a stranger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ViewerUnknown;

/// Beside the request of a sign-in form that came to nothing: the page is the answer to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedSignIn {
    /// The code of the reason.
    pub code: String,
    /// The e-mail address that stands in the form: it goes back into it, and nowhere else.
    pub email: String,
}

/// Why the data could not be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BackendError {
    /// The question itself is wrong: one sentence why.
    Invalid(String),
    /// The store did not answer; details are in the server's log.
    Unavailable,
}

/// The data behind the pages.
#[async_trait]
pub trait Backend: Send + Sync + 'static {
    /// What the dashboard shows when it opens.
    async fn snapshot(&self, viewer: &Viewer) -> Result<Snapshot, BackendError>;

    /// A page of the viewer's transactions.
    async fn transactions(&self, viewer: &Viewer, query: TransactionQuery) -> Result<TransactionsPage, BackendError>;

    /// Whether the viewer may see and run again what is stuck.
    fn is_admin(&self, viewer: &Viewer) -> bool;

    /// What is stuck. Asked for administrators only.
    async fn admin(&self) -> Result<AdminView, BackendError>;

    /// One delivery as it came, if it is there. Asked for administrators only.
    async fn delivery(&self, id: i64) -> Result<Option<RawDelivery>, BackendError>;

    /// A token with which the viewer's page signs in at a Socket.IO server of another origin, where
    /// the session's cookie does not go; nothing where none can be signed here.
    fn socket_token(&self, viewer: &Viewer) -> Option<String>;
}

/// The shared handle that server functions find in their context.
pub type SharedBackend = Arc<dyn Backend>;

/// What every page tells about this installation. The server provides it as context.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SiteInfo {
    /// The people a newcomer can sign in as with one click: `(user id, display name)`. Empty unless
    /// the server runs in demo mode, which every page then says.
    pub demo_users: Vec<(String, String)>,
    /// Where browsers find Socket.IO, as `scheme://host[:port]`; nothing is the page's own origin.
    pub socket_url: Option<String>,
    /// What else a page may connect to, in the words of its Content-Security-Policy.
    pub connect_sources: Vec<String>,
}

impl SiteInfo {
    /// Whether the server runs in demo mode.
    pub fn is_demo(&self) -> bool {
        !self.demo_users.is_empty()
    }
}
