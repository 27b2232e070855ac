//! What handlers share.
//!
//! Owns the services of a running server. Must not do anything itself.

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
use crate::core_app::Breaker;
use crate::http::Intake;
use crate::http::health::Readiness;
use crate::ingest::Ingest;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::realtime::{Gate, Hub};
use crate::store::Store;

/// The services of a running server.
pub struct App {
    /// What is configured.
    pub config: Config,
    /// What is durable.
    pub store: Arc<dyn Store>,
    /// The way in.
    pub ingest: Ingest,
    /// The rooms.
    pub hub: Arc<Hub>,
    /// The sockets.
    pub gate: Arc<Gate>,
    /// Whose token it is.
    pub tokens: Arc<TokenVerifier>,
    /// Whose session it is.
    pub cookies: SessionCookies,
    /// Whose password it is.
    pub passwords: Arc<Passwords>,
    /// How often somebody may call.
    pub limits: Arc<Limits>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Wakes the sending to the core app.
    pub forward: Arc<Notify>,
    /// Whether it is paused.
    pub breaker: Arc<Mutex<Breaker>>,
    /// Cancelled when the server begins to stop: what would go on for ever ends then.
    pub stopping: CancellationToken,
    /// The room for bodies that are not proven yet.
    pub intake: Intake,
    /// Whether the store takes writes, as it was found out last.
    pub readiness: Readiness,
    /// Where the time comes from.
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
