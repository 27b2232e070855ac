//! The list of connectors.
//!
//! Owns their public description. Must not reveal a secret, only whether it is set.

use axum::Json;
use axum::extract::State;
use connectors::Provider;
use serde::Serialize;
use wire::ErrorCode;
use wire::api::ConnectorStatus;

use super::error::ApiError;
use crate::http::extract::PathParts;
use crate::state::AppState;

/// The answer of `GET /api/connectors`.
#[derive(Serialize)]
pub(super) struct List {
    success: bool,
    connectors: Vec<ConnectorStatus>,
}

/// The answer of `GET /api/connectors/{connector}/status`.
#[derive(Serialize)]
pub(super) struct One {
    success: bool,
    connector: ConnectorStatus,
}

/// `GET /api/connectors`
pub(super) async fn list(State(state): State<AppState>) -> Json<List> {
    Json(List { success: true, connectors: all(&state) })
}

/// Every connector.
pub(crate) fn all(state: &AppState) -> Vec<ConnectorStatus> {
    state.ingest.registry().iter().map(|connector| describe(state, connector.as_ref())).collect()
}

/// `GET /api/connectors/{connector}/status`
pub(super) async fn status(
    State(state): State<AppState>,
    PathParts(id): PathParts<String>,
) -> Result<Json<One>, ApiError> {
    let connector = state.ingest.registry().get(&id).ok_or(ErrorCode::UnknownConnector)?;
    Ok(Json(One { success: true, connector: describe(&state, connector.as_ref()) }))
}

fn describe(state: &AppState, connector: &dyn Provider) -> ConnectorStatus {
    let info = connector.description();
    ConnectorStatus {
        id: info.id.to_owned(),
        name: info.name.to_owned(),
        connector_type: info.connector_type.to_owned(),
        configured: connector.is_configured(),
        webhook_path: format!("/api/connectors/{}/webhook", info.id),
        capabilities: info.capabilities.iter().map(|&name| name.to_owned()).collect(),
        connect_path: connect_path(state, connector),
    }
}

/// The call that begins to connect a bank; `None` if a setting for it is missing.
fn connect_path(state: &AppState, connector: &dyn Provider) -> Option<String> {
    let connect = connector.connect().filter(|connect| connect.obstacle().is_none())?;
    let can_keep = !connect.gives_credentials() || !state.config.sync.credential_keys.is_empty();
    can_keep.then(|| format!("/api/connectors/{}/{}", connector.description().id, connect.call()))
}
