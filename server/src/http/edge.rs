//! The outermost service of the server.
//!
//! Owns routing requests to Socket.IO or to the router. It is outside the router's layers, so that the task of an
//! upgraded socket holds none of them. Must not know what the handlers do.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use http::{Request, StatusCode};
use tower::Service;
use wire::ErrorCode;

use super::engine::{self, EngineGuard, EngineQuery};
use super::error::ApiError;
use super::target;
use super::upgrade;
use crate::net::peer::Peer;
use crate::socketio::{ConnectionManager, EngineService, PollGuard};
use crate::state::AppState;

/// The largest head of a request, in bytes: more than cookies and a token need.
const LARGEST_HEAD: usize = 16 * 1024;
/// How many header fields a request may have.
const MOST_HEADERS: usize = 100;

/// The whole server as one service.
#[derive(Clone)]
pub struct Edge {
    engine: EngineService,
    sockets: Arc<ConnectionManager>,
    router: Router,
    guard: EngineGuard,
}

impl Edge {
    /// Combines Socket.IO and the router.
    pub fn new(engine: EngineService, router: Router, state: &AppState) -> Self {
        Self { engine, sockets: Arc::clone(&state.sockets), router, guard: EngineGuard::new(state) }
    }
}

type Answer = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

impl Service<Request<Body>> for Edge {
    type Response = Response;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // Both services are always ready, and `call` uses the clone of the router that was polled.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        if let Err(error) = target::check(&request).and_then(|()| check_head(&request)) {
            return now(self.guard.finish(error.into_response(), self.guard.cors_headers(request.headers())));
        }
        if let Some(uri) = target::without_trailing_slash(request.uri()) {
            *request.uri_mut() = uri;
        }
        let path = request.uri().path();
        if path != "/socket.io" && !path.starts_with(wire::events::PATH) {
            return Box::pin(Service::<Request<Body>>::call(&mut self.router, request));
        }
        let cors = self.guard.cors_headers(request.headers());
        match self.guard.admit(&request) {
            Ok(query) => {
                let (engine, sockets, guard) = (self.engine.clone(), Arc::clone(&self.sockets), self.guard.clone());
                Box::pin(async move {
                    let answer = call_engine(engine, &sockets, &guard, query, request).await;
                    Ok(guard.finish(answer.unwrap_or_else(ApiError::into_response), cors))
                })
            }
            Err(rejection) => {
                let guard = self.guard.clone();
                Box::pin(async move {
                    guard.delay(&rejection).await;
                    Ok(guard.finish(rejection.into_response(), cors))
                })
            }
        }
    }
}

fn now(response: Response) -> Answer {
    Box::pin(std::future::ready(Ok(response)))
}

/// Refuses a large head. The parser's own limits are higher, because its answer has no body.
fn check_head(request: &Request<Body>) -> Result<(), ApiError> {
    let headers = request.headers();
    // As sent: name, colon, space, value, line end.
    let size: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    if size + target > LARGEST_HEAD || headers.len() > MOST_HEADERS {
        return Err(ErrorCode::HeadersTooLarge.into());
    }
    Ok(())
}

async fn call_engine(
    mut engine: EngineService,
    sockets: &Arc<ConnectionManager>,
    guard: &EngineGuard,
    query: EngineQuery,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let peer = request.extensions().get::<Peer>().cloned();
    let poll = query.polled(request.method()).map(|sid| PollGuard::new(sockets, sid));
    let request = if query.has_packets(request.method()) { guard.read(query, request).await? } else { request };
    let response = match upgrade::accept_key(query, &request) {
        Some(key) => upgrade::accept(engine, request, key),
        None => {
            let answer = Service::<Request<Body>>::call(&mut engine, upgrade::kept(request)).await;
            answer.map_or_else(|never| match never {}, |response| response.map(Body::new))
        }
    };
    if let Some(poll) = poll {
        poll.answered(engine::has_packets(&response));
    }
    if let (Some(peer), StatusCode::SWITCHING_PROTOCOLS) = (peer, response.status()) {
        guard.upgraded(query, &peer);
    }
    Ok(response)
}
