//! `/jobs`.
//!
//! Owns which are returned. Must not know their members.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::BAD_FILTER;
use super::users::NO_USER;
use crate::basiq::answers;
use crate::basiq::app::{App, ServerAccess};
use crate::basiq::error::ApiError;
use crate::basiq::filter::Filter;

#[derive(Debug, Deserialize)]
pub(super) struct Parameters {
    filter: Option<String>,
}

/// `GET /jobs/{jobId}`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    _access: ServerAccess,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    app.with(|state, now| {
        let job = state.jobs.get(&id).ok_or(ApiError::not_found("Requested resource is not found"))?;
        Ok(Json(answers::job(&app.options.links, job, now)))
    })
}

/// `GET /users/{userId}/jobs`
pub(super) async fn list(
    State(app): State<Arc<App>>,
    _access: ServerAccess,
    Path(user): Path<String>,
    Query(parameters): Query<Parameters>,
) -> Result<Json<Value>, ApiError> {
    let filter = Filter::read(parameters.filter.as_deref().unwrap_or_default())
        .filter(|filter| filter.asks_only_for(&["connection.id"]))
        .ok_or(BAD_FILTER)?;
    let links = &app.options.links;
    app.with(|state, now| {
        state.users.get(&user).ok_or(NO_USER)?;
        let jobs = state.jobs.values().filter(|job| job.user == user);
        let jobs = jobs.filter(|job| filter.holds(|_| &job.connection));
        let data: Vec<_> = jobs.map(|job| answers::job(links, job, now)).collect();
        let itself = format!("{links}/users/{user}/jobs");
        Ok(Json(json!({ "type": "list", "size": data.len(), "data": data, "links": { "self": itself } })))
    })
}
