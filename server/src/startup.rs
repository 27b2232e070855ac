//! From settings to a running server.
//!
//! Owns the order in which services are built, and how the server stops. Must not parse arguments or read the
//! environment.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::auth::session::SessionCookies;
use crate::auth::token::TokenVerifier;
use crate::clock::Clock;
use crate::config::Config;
use crate::connect::{self, Flows};
use crate::core_app::{RetryPolicy, Sender, Signals, Transport, Worker};
use crate::database;
use crate::feed::{Feed, LocalBus, Message};
use crate::http::edge::Edge;
use crate::http::listen;
use crate::ingest::{Ingest, publish};
use crate::jobs;
use crate::lease::{LeaseHolder, Times};
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::net::descriptors;
use crate::readiness::Readiness;
use crate::slots::{self, NodeSlots};
use crate::socketio::{ConnectionManager, Endpoint, SignIn};
use crate::state::{App, AppState};
use crate::store::{self, Store};
use crate::sync::credentials::CredentialKeys;
use crate::sync::{self, ConnectionCalls};
use crate::tasks::{self, Restarts};
use crate::wakeup::{NodesBus, Outgoing, WakeUps, Woken};

/// How long requests in flight may take when the server stops.
const STOP_LIMIT: Duration = Duration::from_secs(8);

/// A server that is ready to listen.
pub struct Server {
    state: AppState,
    edge: Edge,
    endpoint: Endpoint,
    leases: Arc<LeaseHolder>,
    slots: Option<Arc<NodeSlots>>,
    tasks: Vec<JoinHandle<()>>,
}

impl Server {
    /// Opens the store and builds all services on it.
    pub async fn build(config: Config, clock: Clock) -> Result<Self, store::Error> {
        let (bus, messages) = LocalBus::new();
        let forward = Arc::new(Notify::new());
        let (wake_ups, other_nodes) = WakeUps::of(&config)?;
        let on_commit = publish::after_commit(bus.clone(), Arc::clone(&forward), other_nodes.clone());
        let metrics = Arc::new(Metrics::default());
        let store = database::open(&config, on_commit, &metrics).await?;
        let tokens = Arc::new(TokenVerifier::new(&config.auth));
        let limits = limits(&config, wake_ups.is_some());
        let cookies = SessionCookies::new(
            Arc::<dyn Store>::clone(&store),
            config.auth.session_lifetime,
            config.http.secure_cookies,
        );
        let stopping = CancellationToken::new();
        let limit = config.realtime.max_connections_per_user;
        let bus = NodesBus::new(bus, other_nodes.clone());
        let (feed, delivery, slots) = feed(limit, &store, (bus, messages), &metrics).await?;
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
            permits: SignIn::permits(wake_ups.is_none()),
        };
        let (engine, endpoint) = Endpoint::new(&config.realtime, Arc::new(sign_in));
        let registry = Arc::new(config.registry());
        let (asking, keys) =
            (Arc::<Notify>::default(), CredentialKeys::new(config.sync.credential_keys.iter().copied()));
        let apis = sync::Apis::new(&config.connectors, &clock)
            .map_err(|error| store::Error::Unavailable(format!("the providers' HTTP client: {error}")))?;
        let apis = Arc::new(apis);
        let provider_keys = provider_keys((&store, &registry, &apis), keys.clone(), &clock).await?;
        let requested = Arc::<Notify>::default();
        let ingest =
            Ingest::new(Arc::clone(&registry), Arc::clone(&store), Arc::clone(&limits), Arc::clone(&requested))
                .sealing_with(keys.clone())
                .verifying_with(provider_keys)
                .counting(metrics.backlog_errors.clone());
        let ingest = Arc::new(ingest);
        let calls = ConnectionCalls::new(Arc::clone(&store), Arc::clone(&registry), Arc::clone(&apis), keys.clone());
        let flows = flows(config.sync.history_days, (&store, &ingest), calls, (&metrics, &clock, &stopping));
        let breaker = Arc::default();
        let state = AppState::new(App {
            config,
            store,
            ingest,
            flows,
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
        let leases = lease_holder(&state);
        let mut tasks = jobs::start(&state, &leases);
        tasks.push(tokio::spawn(delivery));
        tasks.extend(slots.clone().map(|slots| slots_task(&state, slots)));
        tasks.extend(wake_up_tasks(&state, (wake_ups, other_nodes), (requested, Arc::clone(&asking))));
        tasks.push(sync_task(&state, &leases, (registry, apis), (keys, asking)));
        tasks.extend(outbox_task(&state, &leases)?);
        Ok(Self { state, edge, endpoint, leases, slots, tasks })
    }

    /// The services of the server.
    pub fn state(&self) -> &AppState {
        &self.state
    }

    /// Serves until `stop` completes. Then finishes requests in flight and closes the sockets.
    pub async fn run(self, listener: TcpListener, stop: impl Future<Output = ()> + Send + 'static) {
        let Self { state, edge, endpoint, leases, slots, tasks } = self;
        let stopping = state.stopping.clone();
        let begun = stopping.clone();
        tokio::spawn(async move {
            stop.await;
            tracing::info!("stopping");
            begun.cancel();
        });
        let (metrics, capacity) = (Arc::clone(&state.metrics), descriptors::capacity());
        let serving = listen::serve(listener, edge, &state.config.http, capacity, stopping.clone(), metrics);
        // Clients reconnect to another node, or to this one after its restart.
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
        if let Some(slots) = slots {
            slots.end().await;
        }
        leases.release_all().await;
        state.store.close().await;
    }
}

/// The rate limits, which nodes share if there are several.
fn limits(config: &Config, has_other_nodes: bool) -> Arc<Limits> {
    let limits = Limits::new(&config.limits);
    Arc::new(if has_other_nodes { limits.over_nodes() } else { limits })
}

/// The feed, the task that runs it, and this node's slots if there may be other nodes.
async fn feed(
    limit: u32,
    store: &Arc<dyn Store>,
    (bus, messages): (NodesBus, mpsc::UnboundedReceiver<Message>),
    metrics: &Arc<Metrics>,
) -> Result<(Arc<Feed>, impl Future<Output = ()> + Send + use<>, Option<Arc<NodeSlots>>), store::Error> {
    let slots = NodeSlots::register(Arc::clone(store), limit, slots::Times::default()).await?;
    let of = (limit, slots.clone());
    let (feed, delivery) = Feed::new(of, Arc::clone(store), Arc::new(bus), messages, Arc::clone(metrics));
    Ok((feed, delivery, slots))
}

/// Counts this node's sockets and streams together with the other nodes'. They are disconnected if the registration
/// lapses.
fn slots_task(state: &AppState, slots: Arc<NodeSlots>) -> JoinHandle<()> {
    let (feed, metrics) = (Arc::clone(&state.feed), Arc::clone(&state.metrics));
    tokio::spawn(async move { slots.run(&metrics, || feed.disconnect_all()).await })
}

/// Starts the tasks that wake other nodes, and this node on their behalf.
fn wake_up_tasks(
    state: &AppState,
    (wake_ups, other_nodes): (Option<WakeUps>, Outgoing),
    (requested, worker): (Arc<Notify>, Arc<Notify>),
) -> Vec<JoinHandle<()>> {
    let woken = Woken {
        store: Arc::clone(&state.store),
        feed: Arc::clone(&state.feed),
        outbox: Arc::clone(&state.forward),
        syncs: Arc::clone(&worker),
        metrics: Arc::clone(&state.metrics),
    };
    let passing_on = tokio::spawn(pass_on_sync_requests(requested, worker, other_nodes));
    wake_ups.map(|wake_ups| wake_ups.start(woken)).into_iter().chain([passing_on]).collect()
}

/// Passes on sync requests: the sync worker may be running on another node, which has the lease.
async fn pass_on_sync_requests(requested: Arc<Notify>, worker: Arc<Notify>, other_nodes: Outgoing) {
    loop {
        requested.notified().await;
        worker.notify_one();
        other_nodes.sync_requested();
    }
}

/// The keys that providers publish, including those that were kept over a restart.
async fn provider_keys(
    (store, registry, apis): (&Arc<dyn Store>, &Arc<connectors::Registry>, &Arc<sync::Apis>),
    credentials: CredentialKeys,
    clock: &Clock,
) -> Result<Arc<sync::Keys>, store::Error> {
    let (store, registry, apis) = (Arc::clone(store), Arc::clone(registry), Arc::clone(apis));
    let keys = sync::Keys::new(store, registry, apis, credentials, Arc::clone(clock));
    keys.load().await?;
    Ok(Arc::new(keys))
}

/// Builds the flows for connecting banks.
fn flows(
    history_days: u32,
    (store, ingest): (&Arc<dyn Store>, &Arc<Ingest>),
    calls: ConnectionCalls,
    (metrics, clock, stopping): (&Arc<Metrics>, &Clock, &CancellationToken),
) -> Arc<Flows> {
    let services = connect::Services {
        store: Arc::clone(store),
        ingest: Arc::clone(ingest),
        calls,
        metrics: Arc::clone(metrics),
        clock: Arc::clone(clock),
        stopping: stopping.clone(),
    };
    Arc::new(Flows::new(services, history_days))
}

/// Sends calls to the core app, if one is configured, while this node has the lease.
fn outbox_task(state: &AppState, leases: &Arc<LeaseHolder>) -> Result<Option<JoinHandle<()>>, store::Error> {
    let Some(config) = &state.config.core_app else { return Ok(None) };
    let secret = state.config.auth.service_secrets.first().cloned();
    let secret = secret.ok_or_else(|| store::Error::Unavailable("no SERVICE_SECRET for the core app".to_owned()))?;
    let sender = Sender::new(&config.url, secret, config.timeout)
        .map_err(|error| store::Error::Unavailable(format!("the core app's HTTP client: {error}")))?;
    let sender: Arc<dyn Transport> = Arc::new(sender);
    let retries = RetryPolicy { first_pause: config.retry_delay, quick: config.quick_retries };
    let (state, leases) = (state.clone(), Arc::clone(leases));
    let work = move |store: Arc<dyn Store>, lease| {
        let (clock, metrics) = (Arc::clone(&state.clock), Arc::clone(&state.metrics));
        let signals = Signals {
            wake: Arc::clone(&state.forward),
            breaker: Arc::clone(&state.breaker),
            metrics: Arc::clone(&metrics),
            lease,
        };
        let worker = Worker::new(store, Arc::clone(&sender), clock, retries, fastrand::Rng::new(), signals);
        async move { tasks::supervise("outbox", &metrics, Restarts::default(), || worker.run()).await }
    };
    Ok(Some(tokio::spawn(async move { leases.hold("outbox", work).await })))
}

/// Syncs with providers while this node has the lease.
fn sync_task(
    state: &AppState,
    leases: &Arc<LeaseHolder>,
    (registry, apis): (Arc<connectors::Registry>, Arc<sync::Apis>),
    (keys, wake): (CredentialKeys, Arc<Notify>),
) -> JoinHandle<()> {
    let config = &state.config.sync;
    let schedule = sync::Schedule { every: config.every, history_days: config.history_days };
    let (clock, metrics, leases) = (Arc::clone(&state.clock), Arc::clone(&state.metrics), Arc::clone(leases));
    let work = move |store: Arc<dyn Store>, _| {
        let signals = sync::Signals { wake: Arc::clone(&wake), metrics: Arc::clone(&metrics) };
        let (registry, apis, keys) = (Arc::clone(&registry), Arc::clone(&apis), keys.clone());
        let time = (Arc::clone(&clock), fastrand::Rng::new());
        let worker = sync::Worker::new(store, registry, apis, keys, schedule, time, signals);
        let metrics = Arc::clone(&metrics);
        async move { tasks::supervise("sync", &metrics, Restarts::default(), || worker.run()).await }
    };
    tokio::spawn(async move { leases.hold("sync", work).await })
}

/// The leases of this node, for as long as it runs.
fn lease_holder(state: &AppState) -> Arc<LeaseHolder> {
    Arc::new(LeaseHolder::new(Arc::clone(&state.store), Uuid::now_v7().to_string(), Times::default()))
}
