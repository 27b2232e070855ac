//! `/webhook_verification_key/get`.
//!
//! Owns its answer. Must not store keys.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::request::Authorized;
use crate::plaid::app::App;
use crate::plaid::error::ApiError;

/// The public half of a key.
pub(super) async fn show(State(app): State<Arc<App>>, body: Authorized) -> Result<Json<Value>, ApiError> {
    let key = app.keys.public(body.text("key_id")?).ok_or(ApiError::INVALID_KEY_ID)?;
    let request_id = app.with(|state, _| state.request_id());
    Ok(Json(json!({ "key": key, "request_id": request_id })))
}
