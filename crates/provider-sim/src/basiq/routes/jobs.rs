//! `/jobs`.
//!
//! Owns which are answered. Must not know their members.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::users::NO_USER;
use crate::basiq::answers;
use crate::basiq::app::{App, ServerAccess};
use crate::basiq::error::ApiError;

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
) -> Result<Json<Value>, ApiError> {
    let links = &app.options.links;
    app.with(|state, now| {
        state.users.get(&user).ok_or(NO_USER)?;
        let jobs = state.jobs.values().filter(|job| job.user == user);
        let data: Vec<_> = jobs.map(|job| answers::job(links, job, now)).collect();
        let itself = format!("{links}/users/{user}/jobs");
        Ok(Json(json!({ "type": "list", "size": data.len(), "data": data, "links": { "self": itself } })))
    })
}
