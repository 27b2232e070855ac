//! The liveness and readiness probes.
//!
//! Owns both, and a cache that makes frequent probes cheap. Must not reveal more than yes or no.

use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use tokio::sync::Mutex;
use wire::ErrorCode;

use super::error::ApiError;
use crate::state::AppState;

/// How long a result is cached.
const FRESH: Duration = Duration::from_secs(1);

/// The last result, and its time.
#[derive(Default)]
pub struct Readiness(Mutex<Option<(Instant, bool)>>);

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
    // Concurrent probes wait for one check, which goes on when its caller disconnects.
    let found = tokio::spawn(async move {
        let mut last = state.readiness.0.lock().await;
        match *last {
            Some((at, is_ready)) if at.elapsed() < FRESH => is_ready,
            _ => {
                let found = state.store.check(state.now()).await;
                if let Err(error) = &found {
                    tracing::error!(%error, "the store takes no writes");
                }
                *last = Some((Instant::now(), found.is_ok()));
                found.is_ok()
            }
        }
    });
    let is_ready = found.await.unwrap_or(false);
    if is_ready { Ok(Json(Health { status: "ok" }).into_response()) } else { Err(ErrorCode::Unavailable.into()) }
}
