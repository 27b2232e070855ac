//! Whether the server is up and able to work.
//!
//! Owns the two probes. Must not tell a stranger more than yes or no.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;

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

/// `GET /health/ready`: the store takes writes.
pub(super) async fn ready(State(state): State<AppState>) -> Result<Response, ApiError> {
    state.store.check().await?;
    Ok(Json(Health { status: "ok" }).into_response())
}
