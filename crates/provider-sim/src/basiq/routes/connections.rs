//! `/users/{userId}/connections`.
//!
//! Owns the refusals there. Must not know the result of a refresh.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::BAD_FILTER;
use super::users::NO_USER;
use crate::bank::ConnectionStatus;
use crate::basiq::answers;
use crate::basiq::app::{App, ServerAccess};
use crate::basiq::error::ApiError;
use crate::basiq::filter::Filter;
use crate::basiq::state::State as Basiq;

const NOT_FOUND: ApiError = ApiError::not_found("Requested resource is not found");

#[derive(Debug, Deserialize)]
pub(super) struct Parameters {
    filter: Option<String>,
}

/// `GET /users/{userId}/connections`
pub(super) async fn list(
    State(app): State<Arc<App>>,
    _access: ServerAccess,
    Path(user): Path<String>,
    Query(parameters): Query<Parameters>,
) -> Result<Json<Value>, ApiError> {
    let filter = Filter::read(parameters.filter.as_deref().unwrap_or_default())
        .filter(|filter| filter.asks_only_for(&["id", "status", "institution.id"]))
        .ok_or(BAD_FILTER)?;
    let links = &app.options.links;
    app.with(|state, _| {
        state.users.get(&user).ok_or(NO_USER)?;
        let connections = state.bank.connections(Some(&user)).filter(|connection| {
            filter.holds(|property| match property {
                "id" => &connection.id,
                "status" => answers::status(connection.status),
                _ => &connection.institution,
            })
        });
        let data: Vec<_> = connections.map(|connection| answers::connection_in_list(links, connection)).collect();
        let itself = format!("{links}/users/{user}/connections");
        Ok(Json(json!({ "type": "list", "data": data, "links": { "self": itself } })))
    })
}

/// `GET /users/{userId}/connections/{connectionId}`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    _access: ServerAccess,
    Path((user, id)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    let links = &app.options.links;
    app.with(|state, _| {
        is_of_user(state, &user, &id)?;
        let connection = state.bank.connection(&id).map_err(|_| NOT_FOUND)?;
        let accounts = state.bank.accounts_of(connection).filter_map(|account| {
            let balances = state.rows.balances(&account.id)?;
            Some(answers::account_of_connection(links, connection, account, balances))
        });
        Ok(Json(answers::connection(links, connection, &accounts.collect::<Vec<_>>())))
    })
}

/// `DELETE /users/{userId}/connections/{connectionId}`
pub(super) async fn delete(
    State(app): State<Arc<App>>,
    _access: ServerAccess,
    Path((user, id)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    app.with(|state, now| {
        is_of_user(state, &user, &id)?;
        state.delete(&id, now).map_err(|_| NOT_FOUND)?;
        Ok(StatusCode::NO_CONTENT)
    })
}

/// `POST /users/{userId}/connections/{connectionId}/refresh`
pub(super) async fn refresh(
    State(app): State<Arc<App>>,
    _access: ServerAccess,
    Path((user, id)): Path<(String, String)>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let job = begin(&app, &user, &id)?;
    let body = answers::created_job(&app.options.links, &job);
    app.finish_in_time(job);
    Ok((StatusCode::ACCEPTED, Json(body)))
}

/// `POST /users/{userId}/connections/refresh`: refreshes every connection that can be.
pub(super) async fn refresh_all(
    State(app): State<Arc<App>>,
    _access: ServerAccess,
    Path(user): Path<String>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let ids: Vec<String> = app.with(|state, _| {
        state.users.get(&user).ok_or(NO_USER)?;
        Ok(state.bank.connections(Some(&user)).map(|connection| connection.id.clone()).collect())
    })?;
    let mut jobs = Vec::new();
    for job in ids.iter().filter_map(|id| begin(&app, &user, id).ok()) {
        jobs.push(answers::created_job(&app.options.links, &job));
        app.finish_in_time(job);
    }
    Ok((StatusCode::ACCEPTED, Json(json!({ "type": "list", "data": jobs }))))
}

/// Begins a refresh. The answer to too many refreshes is not documented; Basiq says "429 or 403" of its limits.
fn begin(app: &App, user: &str, id: &str) -> Result<String, ApiError> {
    app.with(|state, now| {
        is_of_user(state, user, id)?;
        let connection = state.bank.connection(id).map_err(|_| NOT_FOUND)?;
        if connection.status == ConnectionStatus::Invalid {
            return Err(ApiError::invalid_credentials());
        }
        state
            .refreshes
            .take(id, now)
            .map_err(|pause| ApiError::of_status(StatusCode::TOO_MANY_REQUESTS, Some(pause)).over_budget())?;
        state.begin_refresh(id, now).map_err(|_| NOT_FOUND)
    })
}

fn is_of_user(state: &Basiq, user: &str, connection: &str) -> Result<(), ApiError> {
    state.users.get(user).ok_or(NO_USER)?;
    let known = state.bank.connection(connection).map_err(|_| NOT_FOUND)?;
    if known.user == user { Ok(()) } else { Err(NOT_FOUND) }
}
