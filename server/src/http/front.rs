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
use http::{HeaderMap, HeaderValue, Method, Request, header};
use tower::Service;
use wire::ErrorCode;

use super::error::ApiError;
use super::origin;
use crate::realtime::EngineService;

/// What Socket.IO's requests are checked against.
#[derive(Clone)]
struct Rules {
    allowed_origins: Arc<[String]>,
    allow_eio3: bool,
}

/// The whole server as one service.
#[derive(Clone)]
pub struct Front {
    engine: EngineService,
    router: Router,
    rules: Rules,
}

impl Front {
    /// Joins the two ways.
    pub fn new(engine: EngineService, router: Router, allowed_origins: &[String], allow_eio3: bool) -> Self {
        Self { engine, router, rules: Rules { allowed_origins: allowed_origins.into(), allow_eio3 } }
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
        if let Some(refusal) = self.rules.refuse(&request) {
            return Box::pin(std::future::ready(Ok(refusal)));
        }
        let cors = self.rules.cors_headers(request.headers());
        if request.method() == Method::OPTIONS {
            return Box::pin(std::future::ready(Ok((http::StatusCode::NO_CONTENT, cors).into_response())));
        }
        let answer = Service::<Request<Body>>::call(&mut self.engine, detached(request));
        Box::pin(async move {
            let mut response = answer.await.map_or_else(|never| match never {}, |response| response.map(Body::new));
            response.headers_mut().extend(cors);
            Ok(response)
        })
    }
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
        let query = request.uri().query().unwrap_or_default();
        if !self.allow_eio3 && query.split('&').any(|pair| pair == "EIO=3") {
            return Some(ApiError::new(ErrorCode::BadRequest, "Unsupported protocol version").into_response());
        }
        None
    }

    /// What lets an allowed page of another origin read the answer.
    fn cors_headers(&self, headers: &HeaderMap) -> HeaderMap {
        let mut cors = HeaderMap::new();
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
