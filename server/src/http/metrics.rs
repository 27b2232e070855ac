//! `/metrics`, for Prometheus.
//!
//! Owns who may read it, and reading the gauges. Must not count.

use axum::extract::{FromRequestParts as _, State};
use axum::response::{IntoResponse as _, Response};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use wire::ErrorCode;

use super::error::ApiError;
use super::peer::Peer;
use crate::auth::extract::Service;
use crate::operations;
use crate::state::AppState;

/// What Prometheus calls the text form of OpenMetrics.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// `GET /metrics`: from this machine itself, or with the service secret. Numbers tell strangers how much
/// is going on.
pub(super) async fn show(State(state): State<AppState>, mut parts: Parts) -> Result<Response, ApiError> {
    if !parts.extensions.get::<Peer>().is_some_and(|peer| peer.is_local) {
        Service::from_request_parts(&mut parts, &state).await?;
    }
    read_gauges(&state).await;
    let text = state.metrics.encode().map_err(|_| ErrorCode::Internal)?;
    Ok(([(CONTENT_TYPE, OPEN_METRICS)], text).into_response())
}

async fn read_gauges(state: &AppState) {
    let now = &state.metrics.now;
    let whole = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let counted = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    now.sockets.set(whole(state.gate.connected()));
    now.members.set(whole(state.hub.members()));
    match operations::outbox_state(state).await {
        Ok(outbox) => {
            now.store_up.set(1);
            now.outbox_waiting.set(counted(outbox.waiting));
            now.outbox_lag_seconds.set(counted(outbox.lag_seconds));
            now.outbox_dead.set(counted(outbox.dead));
            now.outbox_paused.set(i64::from(outbox.paused));
        }
        Err(error) => {
            tracing::warn!(%error, "the outbox could not be read");
            now.store_up.set(0);
        }
    }
}
