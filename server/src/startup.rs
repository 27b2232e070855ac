//! From settings to a running server.
//!
//! Owns in which order services are built, and how the server stops. Must not parse arguments or read the environment.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::auth::session::SessionCookies;
use crate::auth::token::TokenVerifier;
use crate::clock::Clock;
use crate::config::Config;
use crate::core_app::{RetryPolicy, Sender, Signals, Worker};
use crate::feed::{Feed, LocalBus};
use crate::http::edge::Edge;
use crate::http::listen;
use crate::ingest::{Ingest, publish};
use crate::jobs;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::net::descriptors;
use crate::readiness::Readiness;
use crate::socketio::{ConnectionManager, Endpoint, SignIn};
use crate::state::{App, AppState};
use crate::store::sqlite::SqliteStore;
use crate::store::{self, Store};
use crate::sync;
use crate::sync::credentials::CredentialKeys;
use crate::tasks::{self, Restarts};

/// How long requests in flight may take when the server stops.
const STOP_LIMIT: Duration = Duration::from_secs(8);

/// A server that is ready to listen.
pub struct Server {
    state: AppState,
    edge: Edge,
    endpoint: Endpoint,
    tasks: Vec<JoinHandle<()>>,
}

impl Server {
    /// Opens the store and builds everything on it.
    pub async fn build(config: Config, clock: Clock) -> Result<Self, store::Error> {
        let (bus, messages) = LocalBus::new();
        let forward = Arc::new(Notify::new());
        let on_commit = publish::after_commit(bus.clone(), Arc::clone(&forward));
        let metrics = Arc::new(Metrics::default());
        let store = match &config.database.path {
            Some(path) => SqliteStore::open(path, on_commit)?,
            None => SqliteStore::open_temporary(on_commit)?,
        };
        let store = store.forwarding(config.core_app.is_some()).counting(metrics.commits.clone());
        let store: Arc<dyn Store> = Arc::new(store);
        let tokens = Arc::new(TokenVerifier::new(&config.auth));
        let limits = Arc::new(Limits::new(&config.limits));
        let cookies = SessionCookies::new(
            Arc::<dyn Store>::clone(&store),
            config.auth.session_lifetime,
            config.http.secure_cookies,
        );
        let stopping = CancellationToken::new();
        let limit = config.realtime.max_connections_per_user;
        let (feed, delivery) = Feed::new(limit, Arc::clone(&store), Arc::new(bus), messages, Arc::clone(&metrics));
        let sockets =
            ConnectionManager::new(Arc::clone(&feed), Arc::clone(&limits), Arc::clone(&clock), &config.realtime);
        let sockets = Arc::new(sockets);
        let sign_in = SignIn {
            connections: Arc::clone(&sockets),
            feed: Arc::clone(&feed),
            store: Arc::clone(&store),
            tokens: Arc::clone(&tokens),
            cookies: cookies.clone(),
            clock: Arc::clone(&clock),
            limit,
            metrics: Arc::clone(&metrics),
        };
        let (engine, endpoint) = Endpoint::new(&config.realtime, Arc::new(sign_in));
        let registry = Arc::new(config.registry());
        let (asking, keys) =
            (Arc::<Notify>::default(), CredentialKeys::new(config.sync.credential_keys.iter().copied()));
        let apis = sync::Apis::new(&config.connectors, &clock)
            .map_err(|error| store::Error::Unavailable(format!("the providers' HTTP client: {error}")))?;
        let apis = Arc::new(apis);
        let provider_keys = sync::Keys::new(
            Arc::clone(&store),
            Arc::clone(&registry),
            Arc::clone(&apis),
            keys.clone(),
            Arc::clone(&clock),
        );
        provider_keys.load().await?;
        let provider_keys = Arc::new(provider_keys);
        let ingest = Ingest::new(Arc::clone(&registry), Arc::clone(&store), Arc::clone(&limits), Arc::clone(&asking))
            .sealing_with(keys.clone())
            .verifying_with(Arc::clone(&provider_keys))
            .counting(metrics.backlog_errors.clone());
        let breaker = Arc::default();
        let state = AppState::new(App {
            config,
            store,
            ingest,
            feed,
            sockets,
            tokens,
            cookies,
            passwords: Arc::default(),
            limits,
            metrics,
            forward,
            breaker,
            stopping,
            readiness: Readiness::default(),
            clock,
        });
        let edge = Edge::new(engine, crate::http::router(&state), &state);
        let mut tasks = jobs::start(&state);
        tasks.push(tokio::spawn(delivery));
        tasks.push(sync_task(&state, sync_worker(&state, registry, apis, (keys, asking))));
        tasks.extend(outbox_worker(&state)?.map(|worker| outbox_task(&state, worker)));
        Ok(Self { state, edge, endpoint, tasks })
    }

    /// The services of the server.
    pub fn state(&self) -> &AppState {
        &self.state
    }

    /// Serves until `stop` completes; then finishes requests in flight and closes the sockets.
    pub async fn run(self, listener: TcpListener, stop: impl Future<Output = ()> + Send + 'static) {
        let Self { state, edge, endpoint, tasks } = self;
        let stopping = state.stopping.clone();
        let begun = stopping.clone();
        tokio::spawn(async move {
            stop.await;
            tracing::info!("stopping");
            begun.cancel();
        });
        let (metrics, capacity) = (Arc::clone(&state.metrics), descriptors::capacity());
        let serving = listen::serve(listener, edge, &state.config.http, capacity, stopping.clone(), metrics);
        // Clients reconnect, to another node or to this one when it has restarted.
        let closing = async {
            stopping.cancelled().await;
            endpoint.close().await;
        };
        let limit = async {
            stopping.cancelled().await;
            tokio::time::sleep(STOP_LIMIT).await;
        };
        tokio::select! {
            _ = async { tokio::join!(serving, closing) } => {}
            () = limit => tracing::warn!("some connections did not close in time"),
        }
        tasks.iter().for_each(JoinHandle::abort);
        state.store.close().await;
    }
}

/// The outbox worker, where a core app is configured.
fn outbox_worker(state: &AppState) -> Result<Option<Worker>, store::Error> {
    let Some(config) = &state.config.core_app else { return Ok(None) };
    let secret = state.config.auth.service_secrets.first().cloned();
    let secret = secret.ok_or_else(|| store::Error::Unavailable("no SERVICE_SECRET for the core app".to_owned()))?;
    let sender = Sender::new(&config.url, secret, config.timeout)
        .map_err(|error| store::Error::Unavailable(format!("the core app's HTTP client: {error}")))?;
    let retries = RetryPolicy { first_pause: config.retry_delay, quick: config.quick_retries };
    let (store, clock) = (Arc::clone(&state.store), Arc::clone(&state.clock));
    let signals = Signals {
        wake: Arc::clone(&state.forward),
        breaker: Arc::clone(&state.breaker),
        metrics: Arc::clone(&state.metrics),
    };
    Ok(Some(Worker::new(store, Arc::new(sender), clock, retries, fastrand::Rng::new(), signals)))
}

/// The worker that asks providers.
fn sync_worker(
    state: &AppState,
    registry: Arc<connectors::Registry>,
    apis: Arc<sync::Apis>,
    (keys, wake): (CredentialKeys, Arc<Notify>),
) -> sync::Worker {
    let config = &state.config;
    let schedule = sync::Schedule { every: config.sync.every, history_days: config.sync.history_days };
    let signals = sync::Signals { wake, metrics: Arc::clone(&state.metrics) };
    let (clock, random) = (Arc::clone(&state.clock), fastrand::Rng::new());
    sync::Worker::new(Arc::clone(&state.store), registry, apis, keys, schedule, (clock, random), signals)
}

fn sync_task(state: &AppState, worker: sync::Worker) -> JoinHandle<()> {
    let metrics = Arc::clone(&state.metrics);
    tokio::spawn(async move { tasks::supervise("sync", &metrics, Restarts::default(), || worker.run()).await })
}

fn outbox_task(state: &AppState, worker: Worker) -> JoinHandle<()> {
    let metrics = Arc::clone(&state.metrics);
    tokio::spawn(async move { tasks::supervise("outbox", &metrics, Restarts::default(), || worker.run()).await })
}
