//! From an HTTP request to a session of the engine.
//!
//! Owns the answer to a WebSocket handshake, handing the connection's stream to the engine, and which parts of a
//! request the engine gets: it keeps them as long as the session lives. Must not admit a request (`engine.rs` does).

use axum::body::Body;
use axum::response::Response;
use http::header::{AUTHORIZATION, CONNECTION, COOKIE, HOST, ORIGIN, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, UPGRADE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tower::Service as _;

use super::engine::EngineQuery;
use crate::net::abortable::AbortableStream;
use crate::socketio::EngineService;

/// The headers that sign-in reads.
const READ_AT_SIGN_IN: [HeaderName; 5] =
    [AUTHORIZATION, COOKIE, HOST, ORIGIN, HeaderName::from_static("sec-fetch-site")];

/// The answer to a handshake's key, if the request opens a session over WebSocket. Upgrading from polling to WebSocket
/// is left to the engine, which ends the session if the upgrade fails.
pub(super) fn accept_key(query: EngineQuery, request: &Request<Body>) -> Option<HeaderValue> {
    let key = request.headers().get(SEC_WEBSOCKET_KEY).filter(|_| query.opens_websocket(request.method()))?;
    HeaderValue::try_from(derive_accept_key(key.as_bytes())).ok()
}

/// Accepts a handshake and hands the stream to the engine. The engine's own upgrade through hyper would give each
/// socket a larger task, with hyper's wrapper around the stream and two copies of the request.
pub(super) fn accept(mut engine: EngineService, mut request: Request<Body>, key: HeaderValue) -> Response {
    let upgrading = hyper::upgrade::on(&mut request);
    let (parts, _) = detached(request, &READ_AT_SIGN_IN).into_parts();
    tokio::spawn(async move {
        let Ok(Ok(upgraded)) = upgrading.await.map(|upgraded| upgraded.downcast::<TokioIo<AbortableStream>>()) else {
            tracing::debug!("a connection ended before it became a WebSocket");
            return;
        };
        let mut stream = Box::new(upgraded.io.into_inner());
        stream.put_back(upgraded.read_buf);
        if let Err(error) = engine.call((stream, Request::from_parts(parts, ()))).await {
            tracing::warn!(%error, "the engine refused a WebSocket");
        }
    });
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(SEC_WEBSOCKET_ACCEPT, key);
    response
}

/// The request with only the parts that the engine and sign-in read: the engine keeps the head of a session's first
/// request as long as the session lives.
pub(super) fn kept<B>(request: Request<B>) -> Request<B> {
    // The engine does not keep POST requests.
    if request.method() != Method::GET {
        return request;
    }
    let [authorization, cookie, host, origin, site] = READ_AT_SIGN_IN;
    detached(request, &[authorization, cookie, host, origin, site, SEC_WEBSOCKET_KEY])
}

/// The request with only these headers, and with copies of the address and the header values: the originals are slices
/// of the connection's whole read buffer.
fn detached<B>(request: Request<B>, names: &[HeaderName]) -> Request<B> {
    let (mut parts, body) = request.into_parts();
    if let Ok(uri) = parts.uri.to_string().parse() {
        parts.uri = uri;
    }
    parts.headers = own_headers(&parts.headers, names);
    Request::from_parts(parts, body)
}

fn own_headers(headers: &HeaderMap, names: &[HeaderName]) -> HeaderMap {
    let present = || names.iter().filter(|name| headers.contains_key(*name));
    let mut own = HeaderMap::with_capacity(present().count());
    for name in present() {
        for value in headers.get_all(name) {
            if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
                own.append(name, value);
            }
        }
    }
    own
}

#[cfg(test)]
mod tests {
    use http::header::USER_AGENT;

    use super::*;

    fn request(method: Method) -> Request<()> {
        Request::builder()
            .method(method)
            .uri("/socket.io/?EIO=4&transport=websocket")
            .header(HOST, "localhost")
            .header(USER_AGENT, "a browser")
            .header(COOKIE, "a=1")
            .header(COOKIE, "b=2")
            .header(SEC_WEBSOCKET_KEY, "dGhlIHNhbXBsZSBub25jZQ==")
            .body(())
            .expect("a request")
    }

    #[test]
    fn the_engine_is_given_every_value_that_it_or_sign_in_reads_and_no_other() {
        let kept = kept(request(Method::GET));
        assert_eq!(kept.uri(), request(Method::GET).uri());
        let cookies: Vec<_> = kept.headers().get_all(COOKIE).iter().collect();
        assert_eq!(cookies, ["a=1", "b=2"]);
        assert!(kept.headers().contains_key(HOST) && kept.headers().contains_key(SEC_WEBSOCKET_KEY));
        assert!(!kept.headers().contains_key(USER_AGENT));
    }

    #[test]
    fn a_request_that_brings_packets_keeps_its_headers() {
        assert!(kept(request(Method::POST)).headers().contains_key(USER_AGENT));
    }
}
