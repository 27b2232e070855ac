//! From settings to a running server.
//!
//! Owns what is built in which order and how it stops. Must not parse arguments or read the
//! environment.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use socketioxide::SocketIo;
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::auth::session::SessionCookies;
use crate::auth::token::TokenVerifier;
use crate::clock::Clock;
use crate::config::Config;
use crate::core_app::{CoreApp, Retries, Signals, Worker};
use crate::http::front::Front;
use crate::http::health::Readiness;
use crate::http::{Intake, listen};
use crate::ingest::{Ingest, publish};
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::net::descriptors;
use crate::realtime::{self, Gate, Hub};
use crate::state::{App, AppState};
use crate::store::sqlite::SqliteStore;
use crate::store::{self, Store};
use crate::upkeep;

/// How long requests in flight have when the server stops.
const STOP_LIMIT: Duration = Duration::from_secs(8);
/// A server that is ready to listen.
pub struct Server {
    state: AppState,
    front: Front,
    io: SocketIo,
    tasks: Vec<JoinHandle<()>>,
}

impl Server {
    /// Opens the store and builds everything on it.
    pub async fn build(config: Config, clock: Clock) -> Result<Self, store::Error> {
        let (sink, commits) = mpsc::unbounded_channel();
        let forward = Arc::new(Notify::new());
        let on_commit = publish::after_commit(sink, Arc::clone(&forward));
        let metrics = Arc::new(Metrics::default());
        let store = match &config.database.path {
            Some(path) => SqliteStore::open(path, on_commit)?,
            None => SqliteStore::open_temporary(on_commit)?,
        };
        let store = store.forwarding(config.core_app.is_some()).counting(metrics.commits.clone());
        let store: Arc<dyn Store> = Arc::new(store);
        let tokens = Arc::new(TokenVerifier::new(&config.auth));
        let limits = Arc::new(Limits::new(&config.limits));
        let cookies = SessionCookies::new(Arc::clone(&store), config.auth.session_lifetime, config.http.secure_cookies);
        let stopping = CancellationToken::new();
        let limit = config.realtime.max_connections_per_user;
        let (hub, rooms) = realtime::rooms(limit, Arc::clone(&store), commits, Arc::clone(&metrics));
        let gate = Arc::new(Gate::new(
            Arc::clone(&hub),
            Arc::clone(&store),
            Arc::clone(&tokens),
            cookies.clone(),
            Arc::clone(&clock),
            Arc::clone(&limits),
            &config.realtime,
        ));
        let (engine, io) = realtime::endpoint(&config.realtime, Arc::clone(&gate));
        let registry = connectors::Registry::new(&config.connectors);
        let ingest =
            Ingest::new(registry, Arc::clone(&store), Arc::clone(&limits)).counting(metrics.backlog_errors.clone());
        let breaker = Arc::default();
        let state = AppState::new(App {
            config,
            store,
            ingest,
            hub,
            gate,
            tokens,
            cookies,
            passwords: Arc::default(),
            limits,
            metrics,
            forward,
            breaker,
            stopping,
            intake: Intake::default(),
            readiness: Readiness::default(),
            clock,
        });
        let front = Front::new(engine, crate::http::router(&state), &state);
        let mut tasks = upkeep::start(&state);
        tasks.push(tokio::spawn(rooms));
        tasks.extend(outbox_worker(&state)?.map(|worker| tokio::spawn(worker.run())));
        Ok(Self { state, front, io, tasks })
    }

    /// The services behind the addresses.
    pub fn state(&self) -> &AppState {
        &self.state
    }

    /// The rooms.
    pub fn hub(&self) -> &Arc<Hub> {
        &self.state.hub
    }

    /// The sockets.
    pub fn gate(&self) -> &Arc<Gate> {
        &self.state.gate
    }

    /// Serves until `stop` is done; then finishes what is in flight and closes the sockets.
    pub async fn run(self, listener: TcpListener, stop: impl Future<Output = ()> + Send + 'static) {
        let Self { state, front, io, tasks } = self;
        let stopping = state.stopping.clone();
        let begun = stopping.clone();
        tokio::spawn(async move {
            stop.await;
            tracing::info!("stopping");
            begun.cancel();
        });
        let serving = listen::serve(listener, front, &state.config.http, descriptors::capacity(), stopping.clone());
        // Sockets are told as well: they come back elsewhere, or here when it has started again.
        let closing = async {
            stopping.cancelled().await;
            io.close().await;
        };
        let limit = async {
            stopping.cancelled().await;
            tokio::time::sleep(STOP_LIMIT).await;
        };
        tokio::select! {
            _ = async { tokio::join!(serving, closing) } => {}
            () = limit => tracing::warn!("some connections did not end in time"),
        }
        tasks.iter().for_each(JoinHandle::abort);
        state.store.close().await;
    }
}

/// The sending to the core app, where one is configured.
fn outbox_worker(state: &AppState) -> Result<Option<Arc<Worker>>, store::Error> {
    let Some(config) = &state.config.core_app else { return Ok(None) };
    let secret = state.config.auth.service_secrets.first().cloned();
    let secret = secret.ok_or_else(|| store::Error::Unavailable("no SERVICE_SECRET for the core app".to_owned()))?;
    let core_app = CoreApp::new(&config.url, secret, config.timeout)
        .map_err(|error| store::Error::Unavailable(format!("the core app's client: {error}")))?;
    let retries = Retries { first_pause: config.retry_delay, quick: config.quick_retries };
    let (store, clock) = (Arc::clone(&state.store), Arc::clone(&state.clock));
    let signals = Signals {
        wake: Arc::clone(&state.forward),
        breaker: Arc::clone(&state.breaker),
        metrics: Arc::clone(&state.metrics),
    };
    Ok(Some(Worker::new(store, core_app, clock, retries, fastrand::Rng::new(), signals)))
}
