//! The core app's API, so that this server can replace a core app, and services can push transactions.
//!
//! Owns who owns a pushed transaction, and that repeated calls count once. Must not read the body ([`Pushed`] does) nor
//! store anything (`ingest` does).

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use wire::{ErrorCode, Transaction};

use super::error::ApiError;
use super::ids;
use super::pushed::{Pushed, PushedPlace};
use crate::http::extract::{PathParts, QueryString, RawBody, Service};
use crate::ingest::{Push, PushedDeletion};
use crate::state::AppState;
use crate::store::ConnectorRef;
use crate::telemetry::spans::Arrival;

/// The longest `Idempotency-Key`, in bytes.
const LONGEST_KEY: usize = 500;

#[derive(Serialize)]
struct Done {
    success: bool,
}

#[derive(Serialize)]
struct Answer {
    success: bool,
    transaction: Transaction,
}

/// `POST /api/bank/transactions`, with `x-user-id` and `Idempotency-Key`.
pub(super) async fn receive(
    State(state): State<AppState>,
    _: Service,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> Result<Response, ApiError> {
    let arrived = Arrival::now();
    let user_id = header(&headers, "x-user-id")?.ok_or_else(|| bad("The header x-user-id is missing"))?;
    ids::check("x-user-id", &user_id)?;
    let idempotency_key = header(&headers, "idempotency-key")?;
    if idempotency_key.as_ref().is_some_and(|key| key.len() > LONGEST_KEY) {
        return Err(bad(format!("The header Idempotency-Key has more than {LONGEST_KEY} bytes")));
    }
    let pushed = Pushed::read(&body, &user_id)?;
    let (connector, connection_id) = (pushed.connector(), pushed.connection_id(&user_id));
    let transaction = pushed.transaction()?;
    // A sender's key identifies a transaction, whose id has to be unique within its account only.
    let key = match idempotency_key {
        Some(key) => {
            let (connection, account) = (connection_id.len(), transaction.account_id.len());
            // Includes the lengths, so that different inputs never yield the same key.
            format!("idempotency:{connection}:{connection_id}:{account}:{}:{key}", transaction.account_id)
        }
        None => format!("{connection_id}:{}", hex::encode(Sha256::digest(&body))),
    };
    let push = Push { user_id, connector, connection_id, transaction, key, body: body.to_vec() };
    let stored = state.ingest.push(push, arrived, state.now()).await?;
    let status = if stored.is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(Answer { success: true, transaction: stored.transaction })).into_response())
}

/// `DELETE /api/bank/transactions/{transactionId}`, with `x-user-id` and the account in the query.
pub(super) async fn delete(
    State(state): State<AppState>,
    _: Service,
    headers: HeaderMap,
    PathParts(transaction_id): PathParts<String>,
    QueryString(place): QueryString<PushedPlace>,
) -> Result<Response, ApiError> {
    let user_id = header(&headers, "x-user-id")?.ok_or_else(|| bad("The header x-user-id is missing"))?;
    ids::check("x-user-id", &user_id)?;
    let key = place.key(&user_id, transaction_id);
    let stored = state.store.transaction(user_id.clone(), key.clone()).await?;
    let connector = ConnectorRef {
        id: key.connector_id.clone().into(),
        connector_type: stored.connector_type.into(),
        source: stored.source.into(),
        default_currency: stored.currency,
    };
    let deletion = PushedDeletion { user_id, connector, key, revision: stored.revision };
    state.ingest.delete(deletion, Arrival::now(), state.now()).await?;
    Ok(Json(Done { success: true }).into_response())
}

/// A header's text, which may be UTF-8; `None` if it is missing or empty. Two different values are refused: one of them
/// may name another user.
fn header(headers: &HeaderMap, name: &'static str) -> Result<Option<String>, ApiError> {
    let mut found = None;
    for value in headers.get_all(name) {
        let text = std::str::from_utf8(value.as_bytes()).map_err(|_| bad(format!("The header {name} is not text")))?;
        let text = text.trim();
        if found.is_some_and(|before| before != text) {
            return Err(bad(format!("The header {name} has two different values")));
        }
        found = Some(text);
    }
    Ok(found.filter(|text| !text.is_empty()).map(str::to_owned))
}

fn bad(message: impl Into<String>) -> ApiError {
    ApiError::new(ErrorCode::BadRequest, message)
}
