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
use http::{HeaderValue, Request, StatusCode};
use tower::Service;
use wire::ErrorCode;

use super::engine::{self, Asked, Rules};
use super::error::ApiError;
use super::target;
use crate::net::peer::Peer;
use crate::socketio::{ConnectionManager, EngineService, PollGuard};
use crate::state::AppState;

/// The largest head of a request: cookies and a token with room to spare.
const LARGEST_HEAD: usize = 16 * 1024;
/// How many header fields a request may have.
const MOST_HEADERS: usize = 100;

/// The whole server as one service.
#[derive(Clone)]
pub struct Front {
    engine: EngineService,
    sockets: Arc<ConnectionManager>,
    router: Router,
    rules: Rules,
}

impl Front {
    /// Joins the two ways.
    pub fn new(engine: EngineService, router: Router, state: &AppState) -> Self {
        Self { engine, sockets: Arc::clone(&state.sockets), router, rules: Rules::new(state) }
    }
}

type Answer = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

impl Service<Request<Body>> for Front {
    type Response = Response;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // Both ways are always ready; the router's clone that is called is the one that was polled.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        if let Err(error) = target::check(&request).and_then(|()| check_head(&request)) {
            return now(self.rules.finish(error.into_response(), http::HeaderMap::new()));
        }
        if let Some(uri) = target::without_trailing_slash(request.uri()) {
            *request.uri_mut() = uri;
        }
        let path = request.uri().path();
        if path != "/socket.io" && !path.starts_with(wire::events::PATH) {
            return Box::pin(Service::<Request<Body>>::call(&mut self.router, request));
        }
        let cors = self.rules.cors_headers(request.headers());
        match self.rules.admit(&request) {
            Ok(asked) => {
                let (engine, sockets, rules) = (self.engine.clone(), Arc::clone(&self.sockets), self.rules.clone());
                Box::pin(async move {
                    let answer = ask_engine(engine, &sockets, &rules, asked, request).await;
                    Ok(rules.finish(answer.unwrap_or_else(ApiError::into_response), cors))
                })
            }
            Err(answered) => {
                let rules = self.rules.clone();
                Box::pin(async move {
                    rules.hold_back(&answered).await;
                    Ok(rules.finish(answered.into_response(), cors))
                })
            }
        }
    }
}

fn now(response: Response) -> Answer {
    Box::pin(std::future::ready(Ok(response)))
}

/// The parser's own limits are higher: beyond those the answer has no body.
fn check_head(request: &Request<Body>) -> Result<(), ApiError> {
    let headers = request.headers();
    // As it was sent: a name, a colon, a blank, a value and the end of a line.
    let size: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    if size + target > LARGEST_HEAD || headers.len() > MOST_HEADERS {
        return Err(ErrorCode::HeadersTooLarge.into());
    }
    Ok(())
}

async fn ask_engine(
    mut engine: EngineService,
    sockets: &Arc<ConnectionManager>,
    rules: &Rules,
    asked: Asked,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let peer = request.extensions().get::<Peer>().cloned();
    let poll = asked.polled(request.method()).map(|sid| PollGuard::new(sockets, sid));
    let request = if asked.brings_packets(request.method()) { rules.read(asked, request).await? } else { request };
    let answer = Service::<Request<Body>>::call(&mut engine, detached(request)).await;
    let response = answer.map_or_else(|never| match never {}, |response| response.map(Body::new));
    if let Some(poll) = poll {
        poll.answered(engine::brings_packets(&response));
    }
    if let (Some(peer), StatusCode::SWITCHING_PROTOCOLS) = (peer, response.status()) {
        rules.upgraded(asked, &peer);
    }
    Ok(response)
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
