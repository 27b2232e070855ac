//! The middleware of every request, in order.
//!
//! Owns the stack of layers. Must not know any route.

use std::any::Any;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderName, HeaderValue, Method, header};
use http_body_util::Limited;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::cors::{AllowOrigin, CorsLayer};
use wire::ErrorCode;

use super::body_limit::{LARGEST_BODY, announced};
use super::error::ApiError;
use super::headers::{CommonHeaders, NO_STORE};
use crate::auth::origin;
use crate::auth::presented::bearer;
use crate::metrics::DeliveryLabels;
use crate::net::peer::Peer;
use crate::state::AppState;

/// How long a browser may cache the answer to a preflight.
const PREFLIGHTS_HOLD: Duration = Duration::from_secs(600);

/// Adds the layers to the routes. `webhooks` are called by servers and need none of the layers for browsers. Requests
/// for unknown addresses and methods pass through the layers as well.
pub(super) fn layered(browsers: Router<AppState>, webhooks: Router<AppState>, state: &AppState) -> Router<AppState> {
    let browsers = browsers
        .method_not_allowed_fallback(method_not_allowed)
        .layer(middleware::from_fn(bound_bodies))
        .layer(middleware::from_fn_with_state(state.clone(), limit_calls))
        .layer(middleware::from_fn_with_state(state.clone(), refuse_forged_writes))
        .layer(middleware::from_fn(refuse_encodings))
        .layer(CatchPanicLayer::custom(on_panic))
        .layer(CompressionLayer::new())
        .layer(cors(state));
    let webhooks = webhooks
        .method_not_allowed_fallback(method_not_allowed)
        .layer(middleware::from_fn_with_state(state.clone(), limit_deliveries))
        .layer(middleware::from_fn(refuse_encodings))
        .layer(CatchPanicLayer::custom(on_panic));
    let common = CommonHeaders::new(state.config.http.secure_cookies);
    // Combined into one: the router boxes the service and the answer once for each layer.
    let layers = ServiceBuilder::new()
        .layer(middleware::from_fn_with_state(state.clone(), count_answers))
        .layer(middleware::from_fn(move |request, next| put_headers(common, request, next)));
    browsers.merge(webhooks).layer(layers)
}

async fn method_not_allowed() -> ApiError {
    ErrorCode::MethodNotAllowed.into()
}

/// Marks answers to programs, and all errors, as not cacheable. Pages and files set their own headers.
async fn put_headers(common: CommonHeaders, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_for_programs = ["/api", "/health", "/metrics"].iter().any(|prefix| path.starts_with(prefix));
    let mut response = next.run(request).await;
    common.put_on(response.headers_mut());
    if is_for_programs || response.status().is_client_error() || response.status().is_server_error() {
        response.headers_mut().entry(header::CACHE_CONTROL).or_insert(NO_STORE);
    }
    response
}

/// Refuses compressed bodies: a signature covers the exact bytes, and a few kilobytes could expand to gigabytes.
async fn refuse_encodings(request: Request, next: Next) -> Response {
    let is_plain = |value: &HeaderValue| value.is_empty() || value.as_bytes().eq_ignore_ascii_case(b"identity");
    if request.headers().get_all(header::CONTENT_ENCODING).iter().all(is_plain) {
        next.run(request).await
    } else {
        ApiError::from(ErrorCode::UnsupportedEncoding).into_response()
    }
}

fn cors(state: &AppState) -> CorsLayer {
    let origins = state.config.http.allowed_origins.iter().filter_map(|origin| origin.parse().ok());
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE, HeaderName::from_static("last-event-id")])
        .expose_headers([header::RETRY_AFTER])
        .max_age(PREFLIGHTS_HOLD)
}

/// Refuses a write with the dashboard's cookie unless it comes from one of the server's own pages. Another site's page
/// can make a browser send the cookie, but cannot hide its own origin.
async fn refuse_forged_writes(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let writes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let headers = request.headers();
    // Signing in is included, because it sets the cookie.
    let signs_in =
        ["/api/session", "/api/demo/session", "/sign-in"].iter().any(|path| request.uri().path().starts_with(path));
    let with_cookie = state.cookies.is_present(headers) || signs_in;
    if writes && with_cookie && !origin::is_own(headers) && !has_own_credentials(&state, headers) {
        return ApiError::from(ErrorCode::OriginNotAllowed).into_response();
    }
    next.run(request).await
}

/// Whether a request from an allowed page carries a token. A configured front end that authenticates with a token does
/// not depend on the cookie, so the cookie is then ignored.
fn has_own_credentials(state: &AppState, headers: &http::HeaderMap) -> bool {
    bearer(headers).is_some() && origin::is_allowed(headers, &state.config.http.allowed_origins)
}

/// Limits calls and pages by address. The dashboard's files and the probes are exempt.
async fn limit_calls(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let counts = !path.starts_with("/pkg/") && !path.starts_with("/health/");
    match request.extensions().get::<Peer>().filter(|_| counts).map(|peer| state.limits.call_from(peer.address)) {
        Some(Err(too_many)) => {
            state.limits.tarpit.hold().await;
            ApiError::from(too_many).into_response()
        }
        _ => next.run(request).await,
    }
}

/// Limits the bodies of calls and pages. A body whose announced length exceeds the limit is refused unread.
async fn bound_bodies(request: Request, next: Next) -> Response {
    if announced(request.headers()).is_some_and(|length| length > LARGEST_BODY) {
        return ApiError::from(ErrorCode::PayloadTooLarge).into_response();
    }
    next.run(request.map(|body| Body::new(Limited::new(body, LARGEST_BODY)))).await
}

/// Limits deliveries by address, before anything of the request is read.
async fn limit_deliveries(State(state): State<AppState>, request: Request, next: Next) -> Response {
    match request.extensions().get::<Peer>().map(|peer| state.limits.delivery_from(peer.address)) {
        Some(Err(too_many)) => {
            let outcome = ErrorCode::RateLimited.as_str();
            state.metrics.deliveries.get_or_create(&DeliveryLabels { connector: "unknown".to_owned(), outcome }).inc();
            state.limits.tarpit.hold().await;
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
