//! `/connectors/{connectorId}/{method}`.
//!
//! Owns the data about a bank. Must not know who has connected it.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde_json::Value;

use crate::basiq::answers;
use crate::basiq::app::{App, ServerAccess};
use crate::basiq::error::ApiError;
use crate::basiq::institutions::INSTITUTIONS;

/// `GET /connectors/{connectorId}/{method}`: a bank, which has only one method here.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    _access: ServerAccess,
    Path((id, method)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    let known = INSTITUTIONS.iter().find(|(known, _)| *known == id && method == "openbanking");
    let (id, name) = known.ok_or(ApiError::not_found("Requested resource is not found"))?;
    Ok(Json(answers::connector(&app.options.links, id, name)))
}
