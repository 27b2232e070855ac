//! The services that handlers share.
//!
//! Owns the set of services of a running server. Must not do anything itself.

use std::ops::Deref;
use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::auth::password::Passwords;
use crate::auth::session::SessionCookies;
use crate::auth::token::TokenVerifier;
use crate::clock::Clock;
use crate::config::Config;
use crate::connect::Flows;
use crate::core_app::CircuitBreaker;
use crate::feed::Feed;
use crate::ingest::Ingest;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::readiness::Readiness;
use crate::socketio::ConnectionManager;
use crate::store::Store;

/// The services of a running server.
pub struct App {
    /// The configuration.
    pub config: Config,
    /// The durable data.
    pub store: Arc<dyn Store>,
    /// Verifies and stores deliveries.
    pub ingest: Arc<Ingest>,
    /// Connects banks.
    pub flows: Arc<Flows>,
    /// Live delivery.
    pub feed: Arc<Feed>,
    /// The connected sockets.
    pub sockets: Arc<ConnectionManager>,
    /// Verifies tokens.
    pub tokens: Arc<TokenVerifier>,
    /// Dashboard sessions and their cookie.
    pub cookies: SessionCookies,
    /// Verifies passwords.
    pub passwords: Arc<Passwords>,
    /// Rate limits.
    pub limits: Arc<Limits>,
    /// Metrics.
    pub metrics: Arc<Metrics>,
    /// Wakes the worker that calls the core app.
    pub forward: Arc<Notify>,
    /// Whether calls to the core app are paused.
    pub breaker: Arc<Mutex<CircuitBreaker>>,
    /// Cancelled when the server begins to stop, so that streams end.
    pub stopping: CancellationToken,
    /// Whether the store accepts writes, as of the last check.
    pub readiness: Readiness,
    /// The current time.
    pub clock: Clock,
}

impl App {
    /// The time now.
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }
}

/// A cheap handle to [`App`].
#[derive(Clone)]
pub struct AppState(Arc<App>);

impl AppState {
    /// A handle to `app`.
    pub fn new(app: App) -> Self {
        Self(Arc::new(app))
    }
}

impl Deref for AppState {
    type Target = App;

    fn deref(&self) -> &App {
        &self.0
    }
}
