//! The service in front of everything.
//!
//! Owns the fork between Socket.IO and the rest: an upgraded socket's task then holds none of the
//! router's layers. Must not know what is behind either way.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use hyper::body::Body as _;
use tower::Service;
use wire::ErrorCode;

use super::error::ApiError;
use crate::auth::origin;
use crate::limits::Limits;
use crate::net::peer::Peer;
use crate::realtime::{EngineService, Gate, Lines, PendingPoll, Sid};
use crate::state::AppState;

/// What Socket.IO's requests are checked against.
#[derive(Clone)]
struct Rules {
    allowed_origins: Arc<[String]>,
    allow_eio3: bool,
    limits: Arc<Limits>,
    lines: Arc<Lines>,
}

/// What an Engine.IO request says of itself.
#[derive(Clone, Copy, Default)]
struct Asked {
    /// Of the session it belongs to; nothing where it begins one.
    sid: Option<Sid>,
    is_websocket: bool,
    is_eio3: bool,
    /// Whether it says one of these twice, or with something behind it: the engine would read the one, and these
    /// rules the other.
    is_ambiguous: bool,
}

impl Asked {
    fn of(query: &str) -> Self {
        let mut seen = Vec::with_capacity(3);
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.filter(|(name, _)| matches!(*name, "sid" | "transport" | "EIO")).fold(Self::default(), |asked, pair| {
            let is_ambiguous = asked.is_ambiguous || seen.contains(&pair.0) || pair.1.contains('=');
            seen.push(pair.0);
            let asked = Self { is_ambiguous, ..asked };
            match pair {
                ("sid", sid) => Self { sid: sid.parse().ok(), ..asked },
                ("transport", transport) => Self { is_websocket: transport == "websocket", ..asked },
                (_, version) => Self { is_eio3: version == "3", ..asked },
            }
        })
    }
}

/// The whole server as one service.
#[derive(Clone)]
pub struct Front {
    engine: EngineService,
    gate: Arc<Gate>,
    router: Router,
    rules: Rules,
}

impl Front {
    /// Joins the two ways.
    pub fn new(engine: EngineService, router: Router, state: &AppState) -> Self {
        let rules = Rules {
            allowed_origins: state.config.http.allowed_origins.as_slice().into(),
            allow_eio3: state.config.realtime.allow_eio3,
            limits: Arc::clone(&state.limits),
            lines: Arc::clone(state.hub.lines()),
        };
        Self { engine, gate: Arc::clone(&state.gate), router, rules }
    }
}

impl Service<Request<Body>> for Front {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // Both ways are always ready; the router's clone that is called is the one that was polled.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let path = request.uri().path();
        if path != "/socket.io" && !path.starts_with(wire::events::PATH) {
            return Box::pin(Service::<Request<Body>>::call(&mut self.router, request));
        }
        let cors = self.rules.cors_headers(request.headers());
        if let Some(mut refusal) = self.rules.refuse(&request) {
            refusal.headers_mut().extend(cors);
            return Box::pin(std::future::ready(Ok(refusal)));
        }
        if request.method() == Method::OPTIONS {
            return Box::pin(std::future::ready(Ok((StatusCode::NO_CONTENT, cors).into_response())));
        }
        let (asked, lines) = (Asked::of(request.uri().query().unwrap_or_default()), Arc::clone(&self.rules.lines));
        let peer = request.extensions().get::<Peer>().cloned();
        let polls = !asked.is_websocket && request.method() == Method::GET;
        let poll = asked.sid.filter(|_| polls).map(|sid| PendingPoll::begin(&self.gate, sid));
        let answer = Service::<Request<Body>>::call(&mut self.engine, detached(request));
        Box::pin(async move {
            let mut response = answer.await.map_or_else(|never| match never {}, |response| response.map(Body::new));
            if let Some(poll) = poll {
                poll.answered(brings_packets(&response));
            }
            if let (Some(sid), Some(peer), StatusCode::SWITCHING_PROTOCOLS) = (asked.sid, peer, response.status()) {
                lines.carries(sid, &peer.line);
            }
            response.headers_mut().extend(cors);
            Ok(response)
        })
    }
}

/// Whether an answer to a polling request is more than the engine's own "there is nothing for you here", with
/// which it answers while the session moves to a WebSocket.
fn brings_packets(response: &Response) -> bool {
    const LONGEST_NOOP: u64 = 3;
    response.status().is_success() && response.body().size_hint().lower() > LONGEST_NOOP
}

/// The request with an address and header values of its own. The engine keeps them as long as the socket
/// lives, and as they come they are slices of the connection's whole read buffer, 16 KiB each.
fn detached(request: Request<Body>) -> Request<Body> {
    let (mut parts, body) = request.into_parts();
    if let Ok(uri) = parts.uri.to_string().parse() {
        parts.uri = uri;
    }
    for value in parts.headers.values_mut() {
        if let Ok(own) = HeaderValue::from_bytes(value.as_bytes()) {
            *value = own;
        }
    }
    Request::from_parts(parts, body)
}

impl Rules {
    fn refuse(&self, request: &Request<Body>) -> Option<Response> {
        if !origin::is_allowed(request.headers(), &self.allowed_origins) {
            return Some(ApiError::from(ErrorCode::OriginNotAllowed).into_response());
        }
        let asked = Asked::of(request.uri().query().unwrap_or_default());
        if asked.is_ambiguous {
            return Some(ApiError::from(ErrorCode::BadRequest).into_response());
        }
        if asked.is_eio3 && !self.allow_eio3 {
            return Some(ApiError::new(ErrorCode::BadRequest, "Unsupported protocol version").into_response());
        }
        match (asked.sid, request.extensions().get::<Peer>()) {
            (Some(sid), _) if self.lines.has_ended(sid) => Some(unknown_session()),
            // Polling is many requests: only what begins a session counts, or takes a connection for it.
            (sid, Some(peer)) if sid.is_none() || asked.is_websocket => {
                self.limits.socket_from(peer.address).err().map(|it| ApiError::from(it).into_response())
            }
            _ => None,
        }
    }

    /// What lets an allowed page of another origin read the answer.
    fn cors_headers(&self, headers: &HeaderMap) -> HeaderMap {
        let mut cors = HeaderMap::new();
        if !origin::is_allowed(headers, &self.allowed_origins) {
            return cors;
        }
        if let Some(origin) = headers.get(header::ORIGIN).filter(|_| !origin::is_own(headers)) {
            cors.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            cors.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
            cors.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
            if let Some(asked) = headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
                cors.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
            }
            cors.insert(header::VARY, HeaderValue::from_static("Origin"));
        }
        cors
    }
}

/// The engine's own answer to a session that it does not know.
fn unknown_session() -> Response {
    let body = serde_json::json!({ "code": 1, "message": "Session ID unknown" });
    (StatusCode::BAD_REQUEST, axum::Json(body)).into_response()
}
