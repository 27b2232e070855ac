//! Checks of Socket.IO requests before they reach the engine.
//!
//! Owns who may open or use a session (origin, protocol version, limits), how much one request may carry, and the
//! headers of every answer. Must not implement the protocol: the engine does.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Body as _;
use wire::ErrorCode;

use super::error::ApiError;
use super::headers::PrivateAnswers;
use super::target;
use crate::auth::origin;
use crate::limits::{InboundQuota, Limits};
use crate::net::peer::Peer;
use crate::socketio::{LARGEST_MESSAGE, Sid, TransportRegistry};
use crate::state::AppState;

/// How many packets one polling request may carry. Small packets cost as much work as large ones, and clients send a
/// handful.
const MAX_PACKETS: usize = 256;
/// The separator of packets in a polling body of Engine.IO 4.
const SEPARATOR: u8 = 0x1e;

/// Checks Socket.IO requests.
#[derive(Clone)]
pub(super) struct EngineGuard {
    allowed_origins: Arc<[String]>,
    allow_eio3: bool,
    limits: Arc<Limits>,
    transports: Arc<TransportRegistry>,
    headers: PrivateAnswers,
}

/// The query parameters of an Engine.IO request.
#[derive(Clone, Copy, Default)]
pub(super) struct EngineQuery {
    /// The session that the request belongs to; `None` if it opens one.
    sid: Option<Sid>,
    /// Whether it names a session, with a valid id or not.
    names_session: bool,
    is_websocket: bool,
    is_eio3: bool,
    is_eio4: bool,
    /// Whether a parameter occurs twice or has trailing text: the engine might read a different value than these
    /// checks.
    is_ambiguous: bool,
}

impl EngineQuery {
    fn of(text: &str) -> Self {
        let mut seen = Vec::with_capacity(3);
        let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
        pairs.filter(|(name, _)| matches!(*name, "sid" | "transport" | "EIO")).fold(Self::default(), |query, pair| {
            let is_ambiguous = query.is_ambiguous || seen.contains(&pair.0) || pair.1.contains('=');
            seen.push(pair.0);
            let query = Self { is_ambiguous, ..query };
            match pair {
                ("sid", sid) => Self { sid: sid.parse().ok(), names_session: true, ..query },
                ("transport", transport) => Self { is_websocket: transport == "websocket", ..query },
                (_, version) => Self { is_eio3: version == "3", is_eio4: version == "4", ..query },
            }
        })
    }
}

/// An answer that the guard gives without the engine.
pub(super) enum EarlyAnswer {
    Refused(ApiError),
    /// The session was aborted. The answer is the one that the engine gives for an unknown session.
    UnknownSession,
    Preflight,
}

impl EarlyAnswer {
    pub(super) fn into_response(self) -> Response {
        match self {
            Self::Refused(error) => error.into_response(),
            Self::UnknownSession => {
                let body = serde_json::json!({ "code": 1, "message": "Session ID unknown" });
                (StatusCode::BAD_REQUEST, axum::Json(body)).into_response()
            }
            Self::Preflight => StatusCode::NO_CONTENT.into_response(),
        }
    }
}

impl<E: Into<ApiError>> From<E> for EarlyAnswer {
    fn from(error: E) -> Self {
        Self::Refused(error.into())
    }
}

impl EngineGuard {
    pub(super) fn new(state: &AppState) -> Self {
        Self {
            allowed_origins: state.config.http.allowed_origins.as_slice().into(),
            allow_eio3: state.config.realtime.allow_eio3,
            limits: Arc::clone(&state.limits),
            transports: Arc::clone(state.sockets.transports()),
            headers: PrivateAnswers::new(state.config.http.secure_cookies),
        }
    }

    /// Delays the answer to an address that calls too often.
    pub(super) async fn delay(&self, answer: &EarlyAnswer) {
        if matches!(answer, EarlyAnswer::Refused(error) if error.code() == ErrorCode::RateLimited) {
            self.limits.tarpit.hold().await;
        }
    }

    /// Returns the parameters of a request that may reach the engine. A preflight is answered here.
    pub(super) fn admit(&self, request: &Request<Body>) -> Result<EngineQuery, EarlyAnswer> {
        let query = EngineQuery::of(request.uri().query().unwrap_or_default());
        self.check_form(request, query)?;
        if query.sid.is_some_and(|sid| self.transports.is_aborted(sid)) {
            return Err(EarlyAnswer::UnknownSession);
        }
        if let Some(address) = address(request) {
            // Opening (a session or a WebSocket) and polling have separate limits.
            let opens = query.sid.is_none() || query.is_websocket;
            if opens { self.limits.socket_from(address) } else { self.limits.poll_from(address) }?;
        }
        if request.method() == Method::OPTIONS { Err(EarlyAnswer::Preflight) } else { Ok(query) }
    }

    fn check_form(&self, request: &Request<Body>, query: EngineQuery) -> Result<(), ApiError> {
        if !origin::is_allowed(request.headers(), &self.allowed_origins) {
            return Err(ErrorCode::OriginNotAllowed.into());
        }
        if query.is_ambiguous {
            return Err(ErrorCode::BadRequest.into());
        }
        if query.is_eio3 && !self.allow_eio3 {
            return Err(ApiError::new(ErrorCode::BadRequest, "Unsupported protocol version"));
        }
        if query.is_websocket && request.method() == Method::GET {
            target::check_websocket(request.headers())?;
        }
        Ok(())
    }

    /// Reads a polling request's body, within the limits of its session.
    pub(super) async fn read(&self, query: EngineQuery, request: Request<Body>) -> Result<Request<Body>, ApiError> {
        let address = address(&request);
        let (parts, body) = request.into_parts();
        let body = Limited::new(body, LARGEST_MESSAGE).collect().await.map_err(|_| ErrorCode::PayloadTooLarge)?;
        let body: Bytes = body.to_bytes();
        let packets = if query.is_eio3 { packets_of_eio3(&body) } else { packets_of_eio4(&body) };
        if packets > MAX_PACKETS {
            return Err(ErrorCode::PayloadTooLarge.into());
        }
        if let Some(wait) = self.inbound(query.sid, address).take(body.len()) {
            return Err(ApiError::from(ErrorCode::RateLimited).retry_after(wait.as_secs() + 1));
        }
        Ok(Request::from_parts(parts, Body::from(body)))
    }

    /// A request has become a WebSocket.
    pub(super) fn upgraded(&self, query: EngineQuery, peer: &Peer) {
        peer.abort.throttle(self.inbound(query.sid, Some(peer.address)));
        if let Some(sid) = query.sid {
            self.transports.add_websocket(sid, &peer.abort);
        }
    }

    /// The quota of a session, whichever transport it uses.
    fn inbound(&self, sid: Option<Sid>, address: Option<IpAddr>) -> Arc<InboundQuota> {
        let new = || Arc::new(InboundQuota::new(Arc::clone(&self.limits), address));
        sid.and_then(|sid| self.transports.inbound(sid, new)).unwrap_or_else(new)
    }

    /// Adds the headers that every answer to this request has.
    pub(super) fn finish(&self, mut response: Response, cors: HeaderMap) -> Response {
        response.headers_mut().extend(cors);
        self.headers.put_on(response.headers_mut());
        response
    }

    /// The headers that let an allowed page of another origin read the answer.
    pub(super) fn cors_headers(&self, headers: &HeaderMap) -> HeaderMap {
        let mut cors = HeaderMap::new();
        if !origin::is_allowed(headers, &self.allowed_origins) {
            return cors;
        }
        if let Some(origin) = headers.get(header::ORIGIN).filter(|_| !origin::is_own(headers)) {
            cors.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            cors.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
            cors.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
            if let Some(requested) = headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
                cors.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, requested.clone());
            }
            cors.insert(header::VARY, HeaderValue::from_static("Origin"));
        }
        cors
    }
}

impl EngineQuery {
    /// The session, if the request polls for packets.
    pub(super) fn polled(self, method: &Method) -> Option<Sid> {
        self.sid.filter(|_| !self.is_websocket && *method == Method::GET)
    }

    /// Whether it opens a session over WebSocket.
    pub(super) fn opens_websocket(self, method: &Method) -> bool {
        let is_known_version = self.is_eio3 || self.is_eio4;
        self.is_websocket && *method == Method::GET && is_known_version && !self.names_session
    }

    /// Whether it carries packets.
    pub(super) fn has_packets(self, method: &Method) -> bool {
        !self.is_websocket && *method == Method::POST
    }
}

fn address(request: &Request<Body>) -> Option<IpAddr> {
    request.extensions().get::<Peer>().map(|peer| peer.address)
}

fn packets_of_eio4(body: &[u8]) -> usize {
    body.iter().filter(|byte| **byte == SEPARATOR).count() + 1
}

/// Counts the packets of an Engine.IO 3 body. Each is preceded by its length in characters: `6:4hello`. Binary bodies
/// begin with a byte below the digits and encode lengths in such bytes; only their size is limited.
fn packets_of_eio3(body: &[u8]) -> usize {
    let Ok(mut rest) = std::str::from_utf8(body) else { return 1 };
    let mut packets = 0;
    while let Some((length, packet)) = rest.split_once(':') {
        packets += 1;
        let Ok(units) = length.parse::<usize>() else { break };
        let mut left = units;
        let end = packet.char_indices().find(|(_, char)| {
            let is_behind = left == 0;
            left = left.saturating_sub(char.len_utf16());
            is_behind
        });
        rest = end.map_or("", |(end, _)| &packet[end..]);
    }
    packets
}

/// Whether an answer to a polling request carries packets other than the noop, which the engine sends while the session
/// upgrades to WebSocket.
pub(super) fn has_packets(response: &Response) -> bool {
    const LONGEST_NOOP: u64 = 3;
    response.status().is_success() && response.body().size_hint().lower() > LONGEST_NOOP
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_of_a_polling_body_are_counted_in_both_versions() {
        assert_eq!(packets_of_eio4(b"40"), 1);
        assert_eq!(packets_of_eio4(b"40\x1e42[\"a:1:b\"]\x1e3"), 3);
        assert_eq!(packets_of_eio3(b"2:40"), 1);
        assert_eq!(packets_of_eio3("9:42[\"a:1\"]2:404:4\u{20ac}\u{1f600}1:3".as_bytes()), 4);
        assert_eq!(packets_of_eio3(b"99999999999999999999:x"), 1);
    }
}
