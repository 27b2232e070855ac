//! The calls for connections.
//!
//! Owns who may see and change which connection. Must not apply deliveries: `ingest` does.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use wire::ErrorCode;
use wire::api::{Connection, ConnectionRequest};
use wire::connections::ConnectionsPage;

use super::error::ApiError;
use super::ids;
use crate::connect::Refreshing;
use crate::http::extract::{Caller, CurrentUser, JsonBody, PathParts, QueryString, Service};
use crate::state::AppState;
use crate::store;

const STATUSES: [&str; 5] = ["active", "pending", "invalid", "revoked", "deleted"];

#[derive(Serialize)]
struct One {
    success: bool,
    connection: Connection,
}

#[derive(Serialize)]
struct Done {
    success: bool,
}

/// The answer to a removal.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Removed {
    success: bool,
    /// Whether the connection was ended at the provider; `None` if that was not requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_removed: Option<bool>,
}

/// `PUT /api/connectors/{connector}/connections/{connectionId}`
pub(super) async fn put(
    State(state): State<AppState>,
    _: Service,
    PathParts((connector, connection_id)): PathParts<(String, String)>,
    JsonBody(request): JsonBody<ConnectionRequest>,
) -> Result<Response, ApiError> {
    ids::check("connectionId", &connection_id)?;
    ids::check("userId", &request.user_id)?;
    for (what, text) in [("externalUserId", &request.external_user_id), ("institutionName", &request.institution_name)]
    {
        text.as_deref().map_or(Ok(()), |text| ids::check(what, text))?;
    }
    for account in &request.accounts {
        ids::check("accountId", &account.account_id)?;
        for (what, text) in
            [("name", &account.name), ("accountNumber", &account.account_number), ("kind", &account.kind)]
        {
            text.as_deref().map_or(Ok(()), |text| ids::check(what, text))?;
        }
    }
    if request.status.as_deref().is_some_and(|status| !STATUSES.contains(&status)) {
        return Err(ApiError::new(ErrorCode::BadRequest, format!("status is not one of {}", STATUSES.join(", "))));
    }
    let (connection, is_new) = state.ingest.register(&connector, connection_id, request, state.now()).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(One { success: true, connection: described(&state, connection) })).into_response())
}

/// `GET /api/connections`: the caller's connections at all connectors.
pub(super) async fn of_user(
    State(state): State<AppState>,
    CurrentUser(user): CurrentUser,
) -> Result<Json<ConnectionsPage>, ApiError> {
    let connections = all_of(&state, None, Some(user.user_id)).await?;
    Ok(Json(ConnectionsPage { success: true, connections }))
}

/// The connections of one connector or all, and of one user or all.
pub(crate) async fn all_of(
    state: &AppState,
    connector: Option<String>,
    user_id: Option<String>,
) -> store::Result<Vec<Connection>> {
    let connections = state.store.connections(connector, user_id).await?;
    Ok(connections.into_iter().map(|connection| described(state, connection)).collect())
}

/// A connection with the fields that the store does not know.
fn described(state: &AppState, connection: Connection) -> Connection {
    let can_sync = state.ingest.registry().get(&connection.connector_id).is_some_and(|it| it.fetch().is_some());
    Connection { can_sync, ..connection }
}

/// `GET /api/connectors/{connector}/connections`
pub(super) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    PathParts(connector): PathParts<String>,
) -> Result<Json<ConnectionsPage>, ApiError> {
    let user = caller.user_id().map(ToOwned::to_owned);
    let connections = all_of(&state, Some(known(&state, &connector)?), user).await?;
    Ok(Json(ConnectionsPage { success: true, connections }))
}

#[derive(Deserialize)]
pub(super) struct Removal {
    /// Whether its transactions are also deleted.
    #[serde(default)]
    purge: bool,
    /// Whether it is also ended at its provider.
    #[serde(default)]
    provider: bool,
}

/// `DELETE /api/connectors/{connector}/connections/{connectionId}`: removes the connection but not its transactions.
/// `?purge=true` removes these too. `?provider=true` ends the connection at its provider first; if that fails, it is
/// still removed here.
pub(super) async fn delete(
    State(state): State<AppState>,
    caller: Caller,
    PathParts((connector, connection_id)): PathParts<(String, String)>,
    QueryString(Removal { purge, provider }): QueryString<Removal>,
) -> Result<Response, ApiError> {
    let provider_removed = if provider {
        own(&state, &caller, &connector, connection_id.clone()).await?;
        Some(state.flows.disconnect(&connector, &connection_id).await)
    } else {
        None
    };
    let owner = caller.user_id().map(ToOwned::to_owned);
    state.store.delete_connection(known(&state, &connector)?, connection_id, owner, purge, state.now()).await?;
    Ok(Json(Removed { success: true, provider_removed }).into_response())
}

#[derive(Deserialize)]
pub(super) struct Synchronisation {
    /// Whether the provider refreshes from the bank first.
    #[serde(default)]
    refresh: bool,
}

/// `POST /api/connectors/{connector}/connections/{connectionId}/sync`: applies the connection's backlog and starts a
/// sync run, which ends in `sync:complete`. If the connection cannot be synced, `sync:complete` is sent at once. With
/// `?refresh=true` the provider first refreshes from the bank, if it does so on demand.
pub(super) async fn sync(
    State(state): State<AppState>,
    caller: Caller,
    PathParts((connector, connection_id)): PathParts<(String, String)>,
    QueryString(Synchronisation { refresh }): QueryString<Synchronisation>,
) -> Result<Response, ApiError> {
    let connection = own(&state, &caller, &connector, connection_id).await?;
    let Connection { connector_id, connection_id, .. } = connection;
    state.limits.sync_of_connection(&connector_id, &connection_id).await?;
    let placed = state.ingest.apply_backlog(&connector_id, &connection_id, state.now()).await?.unwrap_or_default();
    if refresh && state.flows.refresh(&connector_id, &connection_id).await? == Refreshing::Begun {
        return Ok((StatusCode::ACCEPTED, Json(Done { success: true })).into_response());
    }
    if !state.ingest.ask(&connector_id, connection_id.clone(), state.now()).await? {
        state.store.complete_sync(connector_id, connection_id, placed.new.into(), state.now()).await?;
    }
    Ok((StatusCode::ACCEPTED, Json(Done { success: true })).into_response())
}

fn known(state: &AppState, connector: &str) -> Result<String, ApiError> {
    state.ingest.registry().get(connector).map(|_| connector.to_owned()).ok_or(ErrorCode::UnknownConnector.into())
}

/// The connection, if the caller may see it. Another user's is answered as not found.
async fn own(
    state: &AppState,
    caller: &Caller,
    connector: &str,
    connection_id: String,
) -> Result<Connection, ApiError> {
    let connection = state.store.connection(known(state, connector)?, connection_id).await?;
    if caller.user_id().is_none_or(|user_id| user_id == connection.user_id) {
        Ok(connection)
    } else {
        Err(ErrorCode::NotFound.into())
    }
}
