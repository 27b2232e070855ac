//! The Socket.IO endpoint.
//!
//! Owns the namespace, its listeners and the engine's limits. Must not read the store except for a
//! user's event log, and never lets a client name a room: it is the authenticated user's.

mod credentials;
mod deadlines;
mod elsewhere;
mod gate;
mod hub;
mod lines;
mod manners;
mod outlet;
mod pending_poll;
mod polls;
mod resume;
mod sessions;
mod sign_in;
mod stream;
mod visit;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http::{Request, Response};
use socketioxide::extract::{AckSender, Event, SocketRef, State, TryData};
use socketioxide::handler::ConnectHandler as _;
use socketioxide::service::SocketIoService;
use socketioxide::socket::DisconnectReason;
use socketioxide::{ParserConfig, SocketIo};
use tokio::sync::mpsc;
use wire::{ErrorCode, events};

use crate::config::RealtimeConfig;
use crate::metrics::Metrics;
use crate::store::{FeedEvent, Store};
use crate::tasks;
use crate::telemetry::spans;

pub use credentials::Credentials;
pub use gate::Gate;
pub use hub::Hub;
pub use lines::Lines;
pub use pending_poll::PendingPoll;
pub use socketioxide::socket::Sid;
pub use stream::{Error as StreamError, Subscription};

/// What a client may send at once; its largest message is a token.
pub const LARGEST_MESSAGE: usize = 100_000;
/// What each socket keeps for reading: clients send a token now and then, and pongs.
const READ_BUFFER: usize = 1024;
/// How many packets may wait for a socket that reads slowly, before it is cut off to resume later.
const BUFFERED_PACKETS: usize = 1024;

/// What an event carries that carries nothing: a tuple's elements are an event's arguments.
const NO_ARGUMENTS: [(); 0] = [];

/// Where requests go that are not for the engine: none get there, see `http::front`.
#[derive(Clone)]
pub struct Nowhere;

impl tower::Service<Request<Body>> for Nowhere {
    type Response = Response<Body>;
    type Error = std::convert::Infallible;
    type Future = std::future::Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Self::Error>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Body>) -> Self::Future {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = http::StatusCode::NOT_FOUND;
        std::future::ready(Ok(response))
    }
}

/// The service that speaks Engine.IO.
pub type EngineService = SocketIoService<Nowhere>;

/// The endpoint: the service to mount under `/socket.io/`, and a handle to close it.
pub fn endpoint(config: &RealtimeConfig, gate: Arc<Gate>) -> (EngineService, SocketIo) {
    let parser = ParserConfig::common()
        .max_incoming_binaries(4)
        .max_incoming_binary_buf_size(LARGEST_MESSAGE)
        .packet_completion_timeout(Duration::from_secs(10));
    let (service, io) = SocketIo::builder()
        .ping_interval(config.ping_interval)
        .ping_timeout(config.ping_timeout)
        .connect_timeout(config.connect_timeout)
        .max_payload(LARGEST_MESSAGE as u64)
        .ws_read_buffer_size(READ_BUFFER)
        .ws_max_message_size(LARGEST_MESSAGE)
        .ws_max_frame_size(LARGEST_MESSAGE)
        .max_buffer_size(BUFFERED_PACKETS)
        .with_parser(parser)
        .with_state(gate)
        .build_with_inner_svc(Nowhere);
    // The listeners are set in a middleware because the handler runs only after the client has been
    // told that it is connected: its first event could come before them and be lost.
    io.ns(events::NAMESPACE, connected.with(listen));
    // The engine answers a request for any other namespace by itself, as often as it comes, and tells nobody.
    if let Err(error) = io.dyn_ns("/{*other}", never.with(refuse_namespace)) {
        tracing::error!(%error, "other namespaces are not watched");
    }
    (service, io)
}

/// The message of the official server's answer.
#[derive(Debug, thiserror::Error)]
#[error("Invalid namespace")]
struct InvalidNamespace;

async fn refuse_namespace(
    socket: SocketRef,
    io: SocketIo,
    State(gate): State<Arc<Gate>>,
) -> Result<(), InvalidNamespace> {
    // The engine has made the namespace for this one request.
    io.delete_ns(socket.ns());
    gate.stray(&socket);
    Err(InvalidNamespace)
}

async fn never() {}

async fn listen(
    socket: SocketRef,
    TryData(auth): TryData<serde_json::Value>,
    State(gate): State<Arc<Gate>>,
) -> Result<(), &'static str> {
    if !gate.open(&socket, gate.brings_proof(&socket, &auth.unwrap_or_default())) {
        return Err(ErrorCode::RateLimited.message());
    }
    socket.on_fallback(on_event);
    socket.on_disconnect(on_disconnect);
    Ok(())
}

async fn connected(socket: SocketRef, TryData(auth): TryData<serde_json::Value>, State(gate): State<Arc<Gate>>) {
    gate.sign_in_at_handshake(socket, auth.unwrap_or_default()).await;
}

async fn on_event(
    socket: SocketRef,
    Event(name): Event,
    TryData(payload): TryData<serde_json::Value>,
    ack: AckSender,
    State(gate): State<Arc<Gate>>,
) {
    match gate.may_speak(&socket) {
        Some(true) => {}
        Some(false) => return gate.turn_away(&socket, &ErrorCode::RateLimited.into()),
        None => return,
    }
    match name.as_str() {
        events::AUTHENTICATE => {
            let answer = gate.sign_in(&socket, payload.unwrap_or_default()).await;
            let _ = ack.send(&answer);
        }
        events::PING => {
            let _ = socket.emit(events::PONG, &NO_ARGUMENTS);
            let _ = ack.send(events::PONG);
        }
        _ => {}
    }
}

async fn on_disconnect(socket: SocketRef, reason: DisconnectReason, State(gate): State<Arc<Gate>>) {
    tracing::debug!(%reason, "a socket has gone");
    gate.close(&socket);
    match reason {
        // It has left the namespace, not the connection.
        DisconnectReason::ServerNSDisconnect | DisconnectReason::ClientNSDisconnect => gate.hang_up_soon(&socket),
        _ => gate.forget_connection(socket.id),
    }
}

/// The rooms, and what runs beside them: call it once.
pub fn rooms(
    limit: u32,
    store: Arc<dyn Store>,
    commits: mpsc::UnboundedReceiver<Vec<FeedEvent>>,
    metrics: Arc<Metrics>,
) -> (Arc<Hub>, impl Future<Output = ()> + Send) {
    let (stragglers, fallen_behind) = mpsc::unbounded_channel();
    let hub = Arc::new(Hub::new(limit, stragglers, metrics));
    let rooms = Arc::clone(&hub);
    let running = async move {
        tokio::join!(publish(&rooms, commits), resume::mend(store, Arc::clone(&rooms), fallen_behind));
    };
    (hub, running)
}

/// Takes the committed events to the rooms, in the order of the log.
async fn publish(hub: &Hub, mut commits: mpsc::UnboundedReceiver<Vec<FeedEvent>>) {
    while let Some(committed) = commits.recv().await {
        for event in &committed {
            // Subscribers that miss an event because of a panic see the gap at the next one and catch up.
            let _ = tasks::catch_panic("publish", hub.metrics(), async { hub.publish(event) }).await;
            hub.metrics().published(event.name);
            spans::published(event.delivery, &event.user_id, event.seq, event.name);
        }
    }
}
