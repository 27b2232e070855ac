//! The namespace and its listeners.
//!
//! Owns the engine's limits and which handler serves which event. Must not sign users in ([`SignIn`] does) nor count
//! what a client does ([`ConnectionManager`] does).

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http::{Request, Response};
use socketioxide::extract::{AckSender, Event, SocketRef, State, TryData};
use socketioxide::handler::ConnectHandler as _;
use socketioxide::service::SocketIoService;
use socketioxide::socket::DisconnectReason;
use socketioxide::{ParserConfig, SocketIo};
use wire::{ErrorCode, events};

use super::connections::ConnectionManager;
use super::sign_in::SignIn;
use crate::config::RealtimeConfig;

/// The largest message of a client, in bytes. The largest one that clients need contains a token.
pub const LARGEST_MESSAGE: usize = 100_000;
/// The size of a socket's permanent read buffer. Clients send pongs, and now and then a token, which takes a read or
/// two more.
const READ_BUFFER: usize = 256;
/// How many packets may wait for a socket that reads slowly before it is lagging.
const BUFFERED_PACKETS: usize = 1024;

/// The arguments of an event without any: the elements of a tuple or array become the arguments.
const NO_ARGUMENTS: [(); 0] = [];

/// Answers requests that are not for the engine. It never receives one: see `http::edge`.
#[derive(Clone)]
pub struct NotFound;

impl tower::Service<Request<Body>> for NotFound {
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
pub type EngineService = SocketIoService<NotFound>;

/// The running endpoint.
#[derive(Clone)]
pub struct Endpoint(SocketIo);

impl Endpoint {
    /// The service to mount under `/socket.io/`, and a handle to its endpoint.
    pub fn new(config: &RealtimeConfig, sign_in: Arc<SignIn>) -> (EngineService, Self) {
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
            .with_state(Arc::clone(sign_in.connections()))
            .with_state(sign_in)
            .build_with_inner_svc(NotFound);
        // The listeners are registered in a middleware because the handler runs only after the client has received the
        // connect packet: its first event could arrive before them and be lost.
        io.ns(events::NAMESPACE, on_connected.with(on_connect));
        // The engine would reject any other namespace without reporting the attempts.
        if let Err(error) = io.dyn_ns("/{*other}", never.with(reject_namespace)) {
            tracing::error!(%error, "requests for unknown namespaces are not limited");
        }
        (service, Self(io))
    }

    /// Closes every socket; clients reconnect.
    pub async fn close(&self) {
        self.0.close().await;
    }
}

/// The same message as the official server's.
#[derive(Debug, thiserror::Error)]
#[error("Invalid namespace")]
struct InvalidNamespace;

async fn reject_namespace(
    socket: SocketRef,
    io: SocketIo,
    State(connections): State<Arc<ConnectionManager>>,
) -> Result<(), InvalidNamespace> {
    // The engine has created the namespace for this request only.
    io.delete_ns(socket.ns());
    connections.count_unknown_namespace(&socket);
    Err(InvalidNamespace)
}

async fn never() {}

async fn on_connect(
    socket: SocketRef,
    TryData(auth): TryData<serde_json::Value>,
    State(sign_in): State<Arc<SignIn>>,
) -> Result<(), &'static str> {
    if !sign_in.connections().open(&socket, sign_in.has_credentials(&socket, &auth.unwrap_or_default())) {
        return Err(ErrorCode::RateLimited.message());
    }
    socket.on_fallback(on_event);
    socket.on_disconnect(on_disconnect);
    Ok(())
}

async fn on_connected(
    socket: SocketRef,
    TryData(auth): TryData<serde_json::Value>,
    State(sign_in): State<Arc<SignIn>>,
) {
    sign_in.at_handshake(socket, auth.unwrap_or_default()).await;
}

async fn on_event(
    socket: SocketRef,
    Event(name): Event,
    TryData(payload): TryData<serde_json::Value>,
    ack: AckSender,
    State(sign_in): State<Arc<SignIn>>,
) {
    let connections = sign_in.connections();
    match connections.count_event(&socket) {
        Some(true) => {}
        Some(false) => return connections.disconnect(&socket, &ErrorCode::RateLimited.into()),
        None => return,
    }
    match name.as_str() {
        events::AUTHENTICATE => {
            let answer = sign_in.authenticate(&socket, payload.unwrap_or_default()).await;
            let _ = ack.send(&answer);
        }
        events::PING => {
            let _ = socket.emit(events::PONG, &NO_ARGUMENTS);
            let _ = ack.send(events::PONG);
        }
        _ => {}
    }
}

async fn on_disconnect(socket: SocketRef, reason: DisconnectReason, State(connections): State<Arc<ConnectionManager>>) {
    tracing::debug!(%reason, "a socket has disconnected");
    connections.close(&socket);
    match reason {
        // The client has left the namespace but is still connected.
        DisconnectReason::ServerNSDisconnect | DisconnectReason::ClientNSDisconnect => {
            connections.abort_after_grace(&socket);
        }
        _ => connections.transport_closed(socket.id),
    }
}
