//! Connecting a bank, refreshing its data, and ending a connection at the provider.
//!
//! Owns an attempt from its beginning to the connection: its state, which is sent out and accepted once, and polling
//! the provider for the outcome. Must not know HTTP, a provider's formats or SQL.
//!
//! [`Flows::begin`] returns the URL of the provider's consent page. The provider redirects the user back with the
//! state, and [`Flows::come_back`] polls the provider for the outcome: for a few seconds while the browser waits, then
//! in the background (`follow`). Once its callback has arrived, an attempt is in the store until it has ended, so that
//! a restart loses none. If its node dies, another node continues it.

mod begin;
mod error;
mod follow;
mod landing;
mod refresh;
mod register;
mod removal;
mod state_token;

pub use error::ConnectError;
pub use landing::{Landing, Problem};
pub use refresh::Refreshing;

use std::sync::Arc;
use std::time::Duration;

use connectors::connect::Connect;
use connectors::fetch::{Api, FetchError};
use dashmap::DashSet;
use jiff::Timestamp;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::ingest::Ingest;
use crate::metrics::Metrics;
use crate::store::{StateHash, Store};
use crate::sync::ConnectionCalls;

/// How many attempts and refreshes are followed at once.
const MOST_FOLLOWED: usize = 64;
/// How long the user's browser waits for the provider's answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// The services that attempts need.
pub struct Services {
    /// The durable data.
    pub store: Arc<dyn Store>,
    /// Registers connections and requests their syncs.
    pub ingest: Arc<Ingest>,
    /// The providers.
    pub calls: ConnectionCalls,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// The current time.
    pub clock: Clock,
    /// Cancelled when the server stops.
    pub stopping: CancellationToken,
}

/// Connects banks, refreshes connections and ends them at their providers.
pub struct Flows {
    services: Services,
    /// How far back a new connection's first run is to reach, in days.
    history_days: u32,
    /// One permit for each attempt and refresh that is followed.
    permits: Arc<Semaphore>,
    /// The attempts that this node follows.
    followed: DashSet<StateHash>,
}

impl Flows {
    /// Creates the flows on these services.
    pub fn new(services: Services, history_days: u32) -> Self {
        Self { services, history_days, permits: Arc::new(Semaphore::new(MOST_FOLLOWED)), followed: DashSet::new() }
    }

    fn now(&self) -> Timestamp {
        (self.services.clock)()
    }

    /// A provider with a consent page, and its API.
    fn connect(&self, connector: &str) -> Result<(&dyn Connect, &dyn Api), ConnectError> {
        let provider = self.services.calls.provider(connector).ok_or(ConnectError::UnknownConnector)?;
        let connect = provider.connect().ok_or(ConnectError::UnknownConnector)?;
        if let Some(obstacle) = connect.obstacle() {
            return Err(ConnectError::NotConfigured(obstacle));
        }
        if connect.gives_credentials() && !self.services.calls.keeps_credentials() {
            return Err(ConnectError::NotConfigured("CREDENTIALS_KEY is not set".to_owned()));
        }
        let api = self.services.calls.api(connector);
        Ok((connect, api.ok_or_else(|| ConnectError::NotConfigured("its address is not configured".to_owned()))?))
    }
}

/// Limits a call to a provider while the browser waits for it.
async fn in_time<T>(call: impl Future<Output = Result<T, FetchError>>) -> Result<T, FetchError> {
    let too_late = |_| FetchError::Later { reason: "it did not answer in time".to_owned(), after: None };
    tokio::time::timeout(PATIENCE, call).await.map_err(too_late)?
}
