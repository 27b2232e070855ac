//! Connecting a bank, having its provider refresh it, and ending it there.
//!
//! Owns an attempt from its beginning to the connection: the state that goes out with the person and comes back once, and
//! asking the provider until it is done. Must not know HTTP, a provider's words or SQL.
//!
//! [`Flows::begin`] gives the address of the provider's consent page. The person comes back with the state, and
//! [`Flows::come_back`] asks the provider what came of it: for a few seconds while the browser waits, then in the background
//! (`follow`). An attempt that has come back is in the store until it has ended, so that a restart loses none.

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
use jiff::Timestamp;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::ingest::Ingest;
use crate::metrics::Metrics;
use crate::store::Store;
use crate::sync::ConnectionCalls;

/// How many attempts and refreshes are followed at once.
const MOST_FOLLOWED: usize = 64;
/// How long the person's browser waits for the provider's answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// What it is built on.
pub struct Services {
    /// The durable data.
    pub store: Arc<dyn Store>,
    /// Registers connections and has them asked.
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

/// The ways of connecting a bank, refreshing it and ending it.
pub struct Flows {
    services: Services,
    /// How far back a new connection's first run is to reach, in days.
    history_days: u32,
    /// One for each attempt and refresh that is followed.
    permits: Arc<Semaphore>,
}

impl Flows {
    /// On these services.
    pub fn new(services: Services, history_days: u32) -> Self {
        Self { services, history_days, permits: Arc::new(Semaphore::new(MOST_FOLLOWED)) }
    }

    fn now(&self) -> Timestamp {
        (self.services.clock)()
    }

    /// A provider whose consent page can be opened.
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

/// A call to a provider while somebody waits for it.
async fn in_time<T>(call: impl Future<Output = Result<T, FetchError>>) -> Result<T, FetchError> {
    let too_late = |_| FetchError::Later { reason: "it did not answer in time".to_owned(), after: None };
    tokio::time::timeout(PATIENCE, call).await.map_err(too_late)?
}
