//! What every request passes through, in order.
//!
//! Owns the stack of layers. Must not know any route.

use std::any::Any;

use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderName, HeaderValue, Method, header};
use http_body_util::Limited;
use tower::util::option_layer;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::cors::{AllowOrigin, CorsLayer};
use tower_http::set_header::SetResponseHeaderLayer;
use wire::ErrorCode;

use super::LARGEST_BODY;
use super::error::ApiError;
use super::intake::announced;
use crate::auth::origin;
use crate::metrics::OfDelivery;
use crate::net::peer::Peer;
use crate::state::AppState;

/// The routes with their layers: `webhooks` come from servers and need none of the browsers'.
pub(super) fn layered(browsers: Router<AppState>, webhooks: Router<AppState>, state: &AppState) -> Router<AppState> {
    let browsers = browsers
        .layer(middleware::from_fn(bound_bodies))
        .layer(middleware::from_fn_with_state(state.clone(), limit_calls))
        .layer(middleware::from_fn_with_state(state.clone(), refuse_forged_writes))
        .layer(CompressionLayer::new())
        .layer(cors(state));
    let webhooks = webhooks.layer(middleware::from_fn_with_state(state.clone(), limit_deliveries));
    browsers
        .merge(webhooks)
        .method_not_allowed_fallback(|| async { ApiError::from(ErrorCode::MethodNotAllowed) })
        .layer(fixed_header("x-content-type-options", "nosniff"))
        .layer(fixed_header("referrer-policy", "same-origin"))
        .layer(fixed_header("x-frame-options", "DENY"))
        .layer(option_layer(state.config.http.secure_cookies.then(strict_transport)))
        .layer(CatchPanicLayer::custom(on_panic))
        .layer(middleware::from_fn_with_state(state.clone(), count_answers))
}

fn fixed_header(name: &'static str, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(HeaderName::from_static(name), HeaderValue::from_static(value))
}

/// Browsers pay attention to it over TLS only (RFC 6797, 8.1).
fn strict_transport() -> SetResponseHeaderLayer<HeaderValue> {
    fixed_header("strict-transport-security", "max-age=31536000")
}

fn cors(state: &AppState) -> CorsLayer {
    let origins = state.config.http.allowed_origins.iter().filter_map(|origin| origin.parse().ok());
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
}

/// A write that brings the dashboard's cookie must come from the server's own pages: other sites'
/// pages can make a browser send it, but cannot hide that they are another origin.
async fn refuse_forged_writes(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let writes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let headers = request.headers();
    // Signing in sets the cookie.
    let signs_in =
        ["/api/session", "/api/demo/session", "/sign-in"].iter().any(|path| request.uri().path().starts_with(path));
    let with_cookie = state.cookies.is_present(headers) || signs_in;
    if writes && with_cookie && !origin::is_own(headers) && !has_own_credentials(&state, headers) {
        return ApiError::from(ErrorCode::OriginNotAllowed).into_response();
    }
    next.run(request).await
}

/// A configured front end that authenticates by header does not lean on the cookie.
fn has_own_credentials(state: &AppState, headers: &http::HeaderMap) -> bool {
    headers.contains_key(header::AUTHORIZATION) && origin::is_allowed(headers, &state.config.http.allowed_origins)
}

/// Calls and pages by address. Files of the dashboard and probes do not count.
async fn limit_calls(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let counts = !path.starts_with("/pkg/") && !path.starts_with("/health/");
    match request.extensions().get::<Peer>().filter(|_| counts).map(|peer| state.limits.call_from(peer.address)) {
        Some(Err(too_many)) => ApiError::from(too_many).into_response(),
        _ => next.run(request).await,
    }
}

/// Bodies of calls and of pages' questions: those that say how long they are are refused unread.
async fn bound_bodies(request: Request, next: Next) -> Response {
    if announced(request.headers()).is_some_and(|length| length > LARGEST_BODY) {
        return ApiError::from(ErrorCode::PayloadTooLarge).into_response();
    }
    next.run(request.map(|body| Body::new(Limited::new(body, LARGEST_BODY)))).await
}

/// Deliveries by address, before anything of them is read.
async fn limit_deliveries(State(state): State<AppState>, request: Request, next: Next) -> Response {
    match request.extensions().get::<Peer>().map(|peer| state.limits.delivery_from(peer.address)) {
        Some(Err(too_many)) => {
            let outcome = ErrorCode::RateLimited.as_str();
            state.metrics.deliveries.get_or_create(&OfDelivery { connector: "unknown", outcome }).inc();
            ApiError::from(too_many).into_response()
        }
        _ => next.run(request).await,
    }
}

async fn count_answers(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    state.metrics.answered(route.as_ref().map_or("other", MatchedPath::as_str), response.status().as_u16());
    response
}

fn on_panic(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a handler panicked");
    ApiError::from(ErrorCode::Internal).into_response()
}
