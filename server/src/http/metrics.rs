//! `/metrics`, for Prometheus.
//!
//! Owns who may read them, and setting the gauges. Must not count anything.

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

/// The content type of OpenMetrics text, which Prometheus expects.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// `GET /metrics`: for services and administrators. The numbers reveal the traffic, and requests from this machine are
/// not exempt: through a proxy, they may come from anywhere.
pub(super) async fn show(State(state): State<AppState>, _: Admin) -> Result<Response, ApiError> {
    let gauges = &state.metrics.gauges;
    gauges.sockets.set(whole(state.sockets.connected()));
    gauges.rooms.set(whole(state.feed.hub().rooms()));
    gauges.members.set(whole(state.feed.hub().members()));
    let is_up = read_store(&state).await.inspect_err(|error| tracing::warn!(%error, "the store could not be read"));
    gauges.store_up.set(i64::from(is_up.is_ok()));
    let text = state.metrics.encode().map_err(|_| ErrorCode::Internal)?;
    Ok(([(CONTENT_TYPE, OPEN_METRICS)], text).into_response())
}

/// Reads the gauges of the store. If the store fails, they keep their values, and `store_up` is 0.
async fn read_store(state: &AppState) -> store::Result<()> {
    let gauges = &state.metrics.gauges;
    let outbox = operations::outbox_state(state).await?;
    gauges.outbox_waiting.set(whole(outbox.waiting));
    gauges.outbox_lag_seconds.set(whole(outbox.lag_seconds));
    gauges.outbox_dead.set(whole(outbox.dead));
    gauges.breaker_open.set(i64::from(outbox.breaker == Breaker::Open));
    gauges.inbox_kept.set(whole(state.store.kept_deliveries().await?));
    Ok(())
}

fn whole(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}
