//! The inbox, for administrators.
//!
//! Owns its calls. Must not apply a delivery: `ingest` does.

use axum::extract::{Request, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use wire::ErrorCode;
use wire::admin::{Delivery, RawDelivery};

use super::{answer, finish, is_form};
use crate::http::error::ApiError;
use crate::http::extract::{Admin, PathParts, QueryString};
use crate::operations;
use crate::state::AppState;
use crate::store::Recorded;

#[derive(Deserialize)]
pub(in crate::http) struct Listing {
    #[serde(default)]
    kept: bool,
    limit: Option<u32>,
}

#[derive(Serialize)]
struct Deliveries {
    deliveries: Vec<Delivery>,
}

/// `GET /api/admin/inbox?kept&limit`
pub(in crate::http) async fn list(
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
pub(in crate::http) async fn show(
    State(state): State<AppState>,
    Admin { who }: Admin,
    PathParts(id): PathParts<String>,
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
pub(in crate::http) async fn replay(
    State(state): State<AppState>,
    admin: Result<Admin, ApiError>,
    PathParts(id): PathParts<String>,
    request: Request,
) -> Response {
    let done = async {
        let Admin { who } = admin?;
        let id = number(&id)?;
        let outcome = match state.ingest.run_again(id, state.now()).await? {
            Recorded::Applied(changed) => Outcome { outcome: "applied", changed: Some(changed.all()), reason: None },
            Recorded::Partly(changed, reason) => {
                Outcome { outcome: "kept", changed: Some(changed.all()), reason: Some(reason) }
            }
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

/// Parses a delivery's id. An id that is not a number belongs to no delivery.
fn number(id: &str) -> Result<i64, ErrorCode> {
    id.parse().map_err(|_| ErrorCode::NotFound)
}
