//! `POST /api/connectors/plaid/exchange`: for pages that open the provider's own script.
//!
//! Owns the call and its answer. Must not show a token.

use axum::extract::State;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use wire::ErrorCode;
use wire::api::Connection;

use super::ConnectorId;
use crate::http::error::ApiError;
use crate::http::extract::{CurrentUser, JsonBody};
use crate::state::AppState;

/// The longest accepted token, in bytes; Plaid's have about 50.
const LONGEST: usize = 500;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Exchange {
    public_token: String,
}

/// The answer.
#[derive(Serialize)]
pub(super) struct Exchanged {
    success: bool,
    connection: Connection,
}

/// Registers the connection of a token from the provider's script on the user's page.
pub(super) async fn exchange(
    State(state): State<AppState>,
    Extension(ConnectorId(connector)): Extension<ConnectorId>,
    CurrentUser(user): CurrentUser,
    JsonBody(Exchange { public_token }): JsonBody<Exchange>,
) -> Result<Json<Exchanged>, ApiError> {
    if public_token.is_empty() || public_token.len() > LONGEST {
        return Err(ApiError::new(ErrorCode::BadRequest, "publicToken is not a token"));
    }
    state.limits.connect_of_user(&user.user_id).await?;
    let connection = state.flows.exchange(&connector, &user.user_id, &public_token).await?;
    Ok(Json(Exchanged { success: true, connection }))
}
