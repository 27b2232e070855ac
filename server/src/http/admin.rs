//! For administrators: what is stuck, and setting it going again.
//!
//! Owns these calls, for programs and for the page's plain forms. Must not decide who is an
//! administrator ([`Admin`] does).

use axum::extract::{FromRequest as _, Path, Request, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::{Form, Json};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde::{Deserialize, Serialize};
use wire::ErrorCode;
use wire::admin::{Delivery, RawDelivery};

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

/// What is answered here may be somebody's banking: no cache keeps it.
fn answer<T: Serialize>(content: T) -> Response {
    let mut response = Json(Answer { success: true, content }).into_response();
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// `GET /api/admin/outbox`
pub(super) async fn outbox(State(state): State<AppState>, _: Admin) -> Result<Response, ApiError> {
    Ok(answer(operations::outbox(&state).await?))
}

#[derive(Deserialize)]
struct Which {
    id: Option<i64>,
    #[serde(default)]
    all: bool,
    #[serde(default)]
    waiting: bool,
}

#[derive(Serialize)]
struct Revived {
    revived: u64,
}

/// `POST /api/admin/outbox/replay`: one dead letter (`id`), `all` of them, or none: with `waiting`, as with
/// `all`, what is paused is tried at once.
pub(super) async fn replay_outbox(
    State(state): State<AppState>,
    admin: Result<Admin, ApiError>,
    request: Request,
) -> Response {
    let is_form = is_form(&request);
    let done = async {
        let Admin { who } = admin?;
        let which = if is_form {
            Form::<Which>::from_request(request, &()).await.map_err(|_| ErrorCode::BadRequest)?.0
        } else {
            JsonBody::<Which>::from_request(request, &()).await?.0
        };
        let revived = revive(&state, &which).await?;
        tracing::info!(user.id = %who, revived, letter = which.id, "an administrator had transactions sent again");
        Ok(Revived { revived })
    };
    finish(is_form, done.await, |Revived { revived }| format!("revived-{revived}"))
}

async fn revive(state: &AppState, which: &Which) -> Result<u64, ApiError> {
    if state.config.core_app.is_none() {
        return Err(ApiError::new(ErrorCode::Conflict, "No core app is configured"));
    }
    let revived = match which {
        Which { all: true, .. } => state.store.revive(None, state.now()).await?,
        Which { id: Some(id), .. } => state.store.revive(Some(*id), state.now()).await?,
        Which { waiting: true, .. } => 0,
        _ => return Err(ApiError::new(ErrorCode::BadRequest, "Send an id, all: true or waiting: true")),
    };
    if which.all || which.waiting {
        state.store.hurry().await?;
    }
    // Whoever sends again has mended something: it is tried at once.
    state.breaker.lock().close();
    state.forward.notify_one();
    Ok(revived)
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
    Admin { who }: Admin,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let id = number(&id)?;
    let delivery = operations::delivery(&state, id).await?;
    tracing::info!(user.id = %who, delivery = id, "an administrator looked at a delivery");
    Ok(answer(OneDelivery { delivery }))
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
    admin: Result<Admin, ApiError>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let done = async {
        let Admin { who } = admin?;
        let id = number(&id)?;
        let outcome = match state.pipeline.run_again(id, state.now()).await? {
            Recorded::Applied(changed) => Outcome { outcome: "applied", changed: Some(changed.all()), reason: None },
            Recorded::Queued => Outcome { outcome: "kept", changed: None, reason: None },
            Recorded::Duplicate => Outcome { outcome: "processed_before", changed: None, reason: None },
            Recorded::Kept(reason) => Outcome { outcome: "kept", changed: None, reason: Some(reason) },
            Recorded::Malformed(reason) => Outcome { outcome: "refused", changed: None, reason: Some(reason) },
        };
        tracing::info!(user.id = %who, delivery = id, outcome = outcome.outcome, "an administrator ran a delivery again");
        Ok(outcome)
    };
    finish(is_form(&request), done.await, |outcome| outcome.outcome.to_owned())
}

/// What is no number is no delivery.
fn number(id: &str) -> Result<i64, ErrorCode> {
    id.parse().map_err(|_| ErrorCode::NotFound)
}

fn is_form(request: &Request) -> bool {
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    content_type.is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"))
}

/// A program is answered; a form is sent on to a page that tells what came of it in words.
fn finish<T: Serialize>(is_form: bool, done: Result<T, ApiError>, word: impl FnOnce(&T) -> String) -> Response {
    let place = match (is_form, done) {
        (false, Ok(content)) => return answer(content),
        (false, Err(error)) => return error.into_response(),
        (true, Ok(content)) => format!("/admin?done={}", word(&content)),
        (true, Err(error)) => match error.code() {
            ErrorCode::Unauthorized => "/sign-in?error=UNAUTHORIZED".to_owned(),
            code => format!("/admin?done={}", code.as_str()),
        },
    };
    Redirect::to(&place).into_response()
}
