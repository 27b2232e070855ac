//! `/metrics`, for Prometheus.
//!
//! Owns who may read it, and reading the gauges. Must not count.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header::CONTENT_TYPE;
use wire::ErrorCode;
use wire::admin::Breaker;

use super::error::ApiError;
use crate::http::extract::Admin;
use crate::operations;
use crate::state::AppState;
use crate::store;

/// What Prometheus calls the text form of OpenMetrics.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// `GET /metrics`: for services and administrators. Numbers tell strangers how much is going on, and a call
/// from this machine may be anybody's through a proxy.
pub(super) async fn show(State(state): State<AppState>, _: Admin) -> Result<Response, ApiError> {
    let now = &state.metrics.now;
    now.sockets.set(whole(state.sockets.connected()));
    now.rooms.set(whole(state.feed.hub().rooms()));
    now.members.set(whole(state.feed.hub().members()));
    let is_up = read_store(&state).await.inspect_err(|error| tracing::warn!(%error, "the store could not be read"));
    now.store_up.set(i64::from(is_up.is_ok()));
    let text = state.metrics.encode().map_err(|_| ErrorCode::Internal)?;
    Ok(([(CONTENT_TYPE, OPEN_METRICS)], text).into_response())
}

/// Where it fails, what was read before stays, and `store_up` tells that it is old.
async fn read_store(state: &AppState) -> store::Result<()> {
    let now = &state.metrics.now;
    let outbox = operations::outbox_state(state).await?;
    now.outbox_waiting.set(whole(outbox.waiting));
    now.outbox_lag_seconds.set(whole(outbox.lag_seconds));
    now.outbox_dead.set(whole(outbox.dead));
    now.breaker_open.set(i64::from(outbox.breaker == Breaker::Open));
    now.inbox_kept.set(whole(state.store.kept_deliveries().await?));
    Ok(())
}

fn whole(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}
