//! From settings to a running server.
//!
//! Owns what is built in which order and how it stops. Must not parse arguments or read the
//! environment.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::ListenerExt as _;
use governor::{Quota, RateLimiter};
use socketioxide::SocketIo;
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;

use crate::auth::token::TokenVerifier;
use crate::clock::Clock;
use crate::config::Config;
use crate::core_app::{CoreApp, Retries, Worker};
use crate::http::front::Front;
use crate::pipeline::Pipeline;
use crate::realtime::{self, Gate, Hub};
use crate::state::{App, AppState};
use crate::store::sqlite::SqliteStore;
use crate::store::{self, Store};

/// How long a connection may keep data unread before the kernel gives it up (a peer that stopped
/// reading; man 7 tcp, `TCP_USER_TIMEOUT`).
const UNREAD_LIMIT: Duration = Duration::from_secs(20);
/// How long requests in flight have when the server stops.
const STOP_LIMIT: Duration = Duration::from_secs(8);
/// How often the event log and the inbox are looked through for what is too old.
const PRUNE_EVERY: Duration = Duration::from_secs(600);
/// How often a minute a password may be tried for an e-mail address.
const SIGN_IN_ATTEMPTS: std::num::NonZeroU32 = std::num::NonZeroU32::new(10).unwrap();

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
        let waiting = Arc::clone(&forward);
        let on_commit = Box::new(move |events| {
            let _ = sink.send(events);
            waiting.notify_one();
        });
        let store: Arc<dyn Store> = Arc::new(match &config.database.path {
            Some(path) => SqliteStore::open(path, on_commit)?.forwarding(config.core_app.is_some()),
            None => SqliteStore::open_temporary(on_commit)?.forwarding(config.core_app.is_some()),
        });
        let tokens = Arc::new(TokenVerifier::new(&config.auth));
        let limit = config.realtime.max_connections_per_user;
        let (hub, rooms) = realtime::rooms(limit, Arc::clone(&store), commits);
        let gate = Arc::new(Gate::new(
            Arc::clone(&hub),
            Arc::clone(&store),
            Arc::clone(&tokens),
            Arc::clone(&clock),
            limit,
            config.realtime.auth_timeout,
        ));
        let (engine, io) = realtime::endpoint(&config.realtime, Arc::clone(&gate));
        let registry = connectors::Registry::new(&config.connectors);
        let pipeline = Pipeline::new(registry, Arc::clone(&store), config.limits.webhooks_per_connection);
        let sign_in_attempts = RateLimiter::keyed(Quota::per_minute(SIGN_IN_ATTEMPTS));
        let state = AppState::new(App { config, store, pipeline, hub, gate, tokens, sign_in_attempts, clock });
        let http = &state.config.http;
        let allow_eio3 = state.config.realtime.allow_eio3;
        let front = Front::new(engine, crate::http::router(&state), &http.allowed_origins, allow_eio3);
        let watched = Arc::clone(&state.gate);
        let mut tasks = vec![
            tokio::spawn(rooms),
            tokio::spawn(async move { watched.watch().await }),
            tokio::spawn(forget_what_is_old(state.clone())),
        ];
        tasks.extend(outbox_worker(&state, forward)?.map(|worker| tokio::spawn(worker.run())));
        // What a crash left between a registration and its kept deliveries is finished first.
        state.pipeline.place_kept(None, state.now()).await?;
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
    pub async fn run(
        self,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> std::io::Result<()> {
        let Self { front, io, tasks, .. } = self;
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
            let _ = socket2::SockRef::from(&*stream).set_tcp_user_timeout(Some(UNREAD_LIMIT));
        });
        let (stopping, stopped) = tokio::sync::oneshot::channel();
        let graceful = async move {
            stop.await;
            tracing::info!("stopping");
            let _ = stopping.send(());
            // Sockets are told first: an open one would hold its connection until it leaves.
            io.close().await;
        };
        let serving = axum::serve(listener, tower::make::Shared::new(front)).with_graceful_shutdown(graceful);
        let outcome = tokio::select! {
            outcome = serving => outcome,
            () = async {
                let _ = stopped.await;
                tokio::time::sleep(STOP_LIMIT).await;
            } => {
                tracing::warn!("some connections did not end in time");
                Ok(())
            }
        };
        tasks.iter().for_each(JoinHandle::abort);
        outcome
    }
}

/// The sending to the core app, where one is configured.
fn outbox_worker(state: &AppState, wake: Arc<Notify>) -> Result<Option<Arc<Worker>>, store::Error> {
    let Some(config) = &state.config.core_app else { return Ok(None) };
    let secret = state.config.auth.service_secrets.first().cloned();
    let secret = secret.ok_or_else(|| store::Error::Unavailable("no SERVICE_SECRET for the core app".to_owned()))?;
    let core_app = CoreApp::new(&config.url, secret, config.timeout)
        .map_err(|error| store::Error::Unavailable(format!("the core app's client: {error}")))?;
    let retries = Retries { first_pause: config.retry_delay, quick: config.quick_retries };
    let (store, clock) = (Arc::clone(&state.store), Arc::clone(&state.clock));
    Ok(Some(Worker::new(store, core_app, clock, retries, fastrand::Rng::new(), wake)))
}

/// Keeps the event log and the inbox to their sizes.
async fn forget_what_is_old(state: AppState) {
    loop {
        tokio::time::sleep(PRUNE_EVERY).await;
        let events = &state.config.events;
        let before = |age: Duration| state.now().checked_sub(age).unwrap_or(jiff::Timestamp::MIN);
        let forgotten = async {
            let old_events = state.store.prune_events(before(events.keep_for), events.keep_newest).await?;
            let old_deliveries = state.store.prune_inbox(before(events.inbox_for)).await?;
            Ok::<_, store::Error>((old_events, old_deliveries))
        };
        match forgotten.await {
            Ok((events, deliveries)) => tracing::debug!(events, deliveries, "what is old was forgotten"),
            Err(error) => tracing::error!(%error, "what is old could not be forgotten"),
        }
    }
}
