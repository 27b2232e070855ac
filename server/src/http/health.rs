//! The liveness and readiness probes.
//!
//! Owns the two probes. Must not reveal more than yes or no.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use wire::ErrorCode;

use super::error::ApiError;
use crate::state::AppState;

#[derive(Serialize)]
struct Health {
    status: &'static str,
}

/// `GET /health/live`: the process answers.
pub(super) async fn live() -> Response {
    Json(Health { status: "ok" }).into_response()
}

/// `GET /health/ready`: the store accepts writes.
pub(super) async fn ready(State(state): State<AppState>) -> Result<Response, ApiError> {
    // Runs in a separate task, so that the check completes for other callers if this one disconnects.
    let checking = tokio::spawn(async move { state.readiness.check(state.store.as_ref(), state.now()).await });
    let is_ready = checking.await.unwrap_or(false);
    if is_ready { Ok(Json(Health { status: "ok" }).into_response()) } else { Err(ErrorCode::Unavailable.into()) }
}
