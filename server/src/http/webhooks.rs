//! The providers' way in.
//!
//! Owns the passage from a request to a raw delivery. Must not look into the body.

use std::time::{Duration, Instant};

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use connectors::{Headers, RawDelivery};
use http::HeaderMap;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use wire::ErrorCode;
use wire::api::WebhookAnswer;

use super::LARGEST_WEBHOOK;
use super::error::ApiError;
use crate::state::AppState;

/// How long a body may take: providers give up sooner than that.
const BODY_LIMIT: Duration = Duration::from_secs(60);

/// `POST /api/connectors/{connector}/webhook`
pub(super) async fn receive(
    State(state): State<AppState>,
    Path(connector): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let arrived = Instant::now();
    let known = state.pipeline.registry().get(&connector).map_or("unknown", |connector| connector.info().id);
    match take(&state, &connector, &headers, body, arrived).await {
        Ok(answer) => {
            state.metrics.delivered(known, outcome(&answer), arrived.elapsed());
            Json(answer).into_response()
        }
        Err(error) => {
            state.metrics.delivered(known, error.code().as_str(), arrived.elapsed());
            tracing::info!(connector.id = %connector, code = error.code().as_str(), "a delivery was refused");
            error.into_response()
        }
    }
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
    body: Body,
    arrived: Instant,
) -> Result<WebhookAnswer, ApiError> {
    // A name that no connector has needs no body read.
    if state.pipeline.registry().get(connector).is_none() {
        return Err(ErrorCode::UnknownConnector.into());
    }
    let whole = tokio::time::timeout(BODY_LIMIT, Limited::new(body, LARGEST_WEBHOOK).collect()).await;
    let body = whole.map_err(|_| ApiError::new(ErrorCode::BadRequest, "The body took too long"))?.map_err(|error| {
        if error.is::<LengthLimitError>() {
            ApiError::from(ErrorCode::PayloadTooLarge)
        } else {
            ApiError::new(ErrorCode::BadRequest, "The body ended early")
        }
    })?;
    let raw = RawDelivery { headers: readable(headers), body: body.to_bytes().to_vec() };
    Ok(state.pipeline.receive(connector, raw, arrived, state.now()).await?)
}

/// The headers that are text; no signature is anything else.
fn readable(headers: &HeaderMap) -> Headers {
    headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect()
}
