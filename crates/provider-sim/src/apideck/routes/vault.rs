//! `/vault/connections`.
//!
//! Owns which are returned. Must not know their members.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::access::ForConsumer;
use crate::apideck::answers;
use crate::apideck::app::App;
use crate::apideck::error::ApiError;

/// The consumer's connections.
pub(super) async fn list(State(app): State<Arc<App>>, call: ForConsumer) -> Json<Value> {
    app.with(|state, _| {
        let data: Vec<_> = state.books.of_consumer(&call.consumer).map(answers::connection).collect();
        Json(json!({ "status_code": 200, "status": "OK", "data": data }))
    })
}

/// A connection, whatever its state.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    call: ForConsumer,
    Path((unified_api, service)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    let id = id(&unified_api, &service, &call)?;
    app.with(|state, _| {
        let connection = state.books.connection(&id).map_err(|_| ApiError::NO_CONNECTION)?;
        Ok(Json(json!({ "status_code": 200, "status": "OK", "data": answers::connection(connection) })))
    })
}

/// Deletes a connection.
pub(super) async fn delete(
    State(app): State<Arc<App>>,
    call: ForConsumer,
    Path((unified_api, service)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let id = id(&unified_api, &service, &call)?;
    app.with(|state, now| state.delete_connection(&id, now)).map_err(|_| ApiError::NO_CONNECTION)?;
    Ok(StatusCode::NO_CONTENT)
}

fn id(unified_api: &str, service: &str, call: &ForConsumer) -> Result<String, ApiError> {
    if unified_api == "accounting" { Ok(format!("{service}+{}", call.consumer)) } else { Err(ApiError::NO_CONNECTION) }
}
