//! The providers' way in.
//!
//! Owns the passage from a request to a raw delivery. Must not look into the body, nor log what a stranger
//! wrote.

use std::net::IpAddr;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use connectors::{Headers, RawDelivery};
use http::HeaderMap;
use tracing::Instrument as _;
use wire::ErrorCode;
use wire::api::WebhookAnswer;

use super::body_limit::{self, announced};
use super::error::ApiError;
use crate::http::extract::PathParts;
use crate::net::peer::Peer;
use crate::state::AppState;
use crate::telemetry::spans::{self, Arrival};

/// `POST /api/connectors/{connector}/webhook`
pub(super) async fn receive(
    State(state): State<AppState>,
    PathParts(connector): PathParts<String>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let arrived = Arrival::now();
    let known = state.pipeline.registry().get(&connector).map_or("unknown", |connector| connector.info().id);
    let response = async {
        spans::received();
        match take(&state, &connector, &headers, peer.map(|peer| peer.address), body, arrived).await {
            Ok(answer) => {
                state.metrics.delivered(known, outcome(&answer), arrived.elapsed());
                Json(answer).into_response()
            }
            Err(error) => {
                state.metrics.delivered(known, error.code().as_str(), arrived.elapsed());
                tracing::info!(code = error.code().as_str(), "a delivery was refused");
                error.into_response()
            }
        }
    };
    response.instrument(spans::delivery(&arrived, known)).await
}

/// One word for what became of a delivery.
fn outcome(answer: &WebhookAnswer) -> &'static str {
    match answer {
        WebhookAnswer { duplicate: true, .. } => "duplicate",
        WebhookAnswer { kept: true, .. } => "kept",
        _ => "processed",
    }
}

async fn take(
    state: &AppState,
    connector: &str,
    headers: &HeaderMap,
    from: Option<IpAddr>,
    body: Body,
    arrived: Arrival,
) -> Result<WebhookAnswer, ApiError> {
    // What cannot be verified anyway needs no body read.
    let found = state.pipeline.registry().get(connector).ok_or(ErrorCode::UnknownConnector)?;
    if !found.is_configured() {
        return Err(ErrorCode::NotConfigured.into());
    }
    let pace = |bytes| state.limits.body_bytes_from(from?, bytes);
    let body = body_limit::read(&state.limits.large_bodies, body, announced(headers), pace).await?;
    let raw = RawDelivery { headers: readable(headers), body };
    Ok(state.pipeline.receive(connector, raw, arrived, state.now()).await?)
}

/// The headers that are text; no signature is anything else.
fn readable(headers: &HeaderMap) -> Headers {
    headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect()
}
