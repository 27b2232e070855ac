//! For administrators: what is stuck, and setting it going again.
//!
//! Owns these calls, for programs and for the page's plain forms. Must not decide who is an
//! administrator ([`Admin`] does).

use axum::extract::{FromRequest as _, Path, Request, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::{Form, Json};
use http::header::CONTENT_TYPE;
use serde::{Deserialize, Serialize};
use wire::ErrorCode;
use wire::admin::{Delivery, OutboxView, RawDelivery};

use super::error::ApiError;
use crate::auth::extract::{Admin, JsonBody, QueryString};
use crate::operations;
use crate::state::AppState;
use crate::store::Recorded;

#[derive(Serialize)]
struct Answer<T> {
    success: bool,
    #[serde(flatten)]
    content: T,
}

fn answer<T: Serialize>(content: T) -> Response {
    Json(Answer { success: true, content }).into_response()
}

/// `GET /api/admin/outbox`
pub(super) async fn outbox(State(state): State<AppState>, _: Admin) -> Result<Response, ApiError> {
    let view: OutboxView = operations::outbox(&state).await?;
    Ok(answer(view))
}

#[derive(Deserialize)]
struct Which {
    id: Option<i64>,
    #[serde(default)]
    all: bool,
}

#[derive(Serialize)]
struct Revived {
    revived: u64,
}

/// `POST /api/admin/outbox/replay`: one dead letter (`id`) or `all` of them.
pub(super) async fn replay_outbox(
    State(state): State<AppState>,
    _: Admin,
    request: Request,
) -> Result<Response, ApiError> {
    let is_form = is_form(&request);
    let which = if is_form {
        Form::<Which>::from_request(request, &()).await.map(|Form(which)| which).map_err(|_| ErrorCode::BadRequest)?
    } else {
        JsonBody::<Which>::from_request(request, &()).await?.0
    };
    if which.id.is_none() && !which.all {
        return Err(ApiError::new(ErrorCode::BadRequest, "Send an id, or all: true"));
    }
    let revived = state.store.revive(which.id, state.now()).await?;
    // Whoever sends again has mended something: it is tried at once.
    state.breaker.lock().close();
    state.forward.notify_one();
    if is_form { Ok(back(&format!("revived-{revived}"))) } else { Ok(answer(Revived { revived })) }
}

#[derive(Deserialize)]
pub(super) struct Listing {
    #[serde(default)]
    kept: bool,
    limit: Option<u32>,
}

#[derive(Serialize)]
struct Deliveries {
    deliveries: Vec<Delivery>,
}

/// `GET /api/admin/inbox?kept&limit`
pub(super) async fn inbox(
    State(state): State<AppState>,
    _: Admin,
    QueryString(listing): QueryString<Listing>,
) -> Result<Response, ApiError> {
    let limit = listing.limit.unwrap_or(50);
    Ok(answer(Deliveries { deliveries: operations::deliveries(&state, listing.kept, limit).await? }))
}

#[derive(Serialize)]
struct OneDelivery {
    delivery: RawDelivery,
}

/// `GET /api/admin/inbox/{id}`
pub(super) async fn delivery(
    State(state): State<AppState>,
    _: Admin,
    Path(id): Path<i64>,
) -> Result<Response, ApiError> {
    Ok(answer(OneDelivery { delivery: operations::delivery(&state, id).await? }))
}

#[derive(Serialize)]
struct Outcome {
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    changed: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// `POST /api/admin/inbox/{id}/replay`
pub(super) async fn replay_delivery(
    State(state): State<AppState>,
    _: Admin,
    Path(id): Path<i64>,
    request: Request,
) -> Result<Response, ApiError> {
    let outcome = match state.pipeline.run_again(id, state.now()).await? {
        Recorded::Applied { changed } => Outcome { outcome: "applied", changed: Some(changed), reason: None },
        Recorded::Duplicate => Outcome { outcome: "processed_before", changed: None, reason: None },
        Recorded::Kept(reason) => Outcome { outcome: "kept", changed: None, reason: Some(reason) },
        Recorded::Malformed(reason) => Outcome { outcome: "refused", changed: None, reason: Some(reason) },
    };
    if is_form(&request) { Ok(back(outcome.outcome)) } else { Ok(answer(outcome)) }
}

fn is_form(request: &Request) -> bool {
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    content_type.is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"))
}

/// To the page again, which has a sentence for each of these words.
fn back(done: &str) -> Response {
    Redirect::to(&format!("/admin?done={done}")).into_response()
}
