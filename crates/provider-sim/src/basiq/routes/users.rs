//! `/users`.
//!
//! Owns the refusals there. Must not know connections' contents.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use crate::basiq::answers;
use crate::basiq::app::{App, ServerAccess};
use crate::basiq::error::ApiError;
use crate::basiq::user::User;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct NewUser {
    email: String,
    mobile: String,
    first_name: String,
    middle_name: String,
    last_name: String,
}

/// `POST /users`
pub(super) async fn create(
    State(app): State<Arc<App>>,
    _access: ServerAccess,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let posted: NewUser = serde_json::from_slice(&body)
        .map_err(|_| ApiError::not_valid("user", "Posted user is not in valid format."))?;
    if posted.email.is_empty() && posted.mobile.is_empty() {
        return Err(ApiError::not_supplied("email", "One of 'email' or 'mobile' is required."));
    }
    if !posted.email.is_empty() && !posted.email.contains('@') {
        return Err(ApiError::not_valid("email", "Provided email is in bad format."));
    }
    if !posted.mobile.chars().all(|digit| digit == '+' || digit.is_ascii_digit()) {
        return Err(ApiError::not_valid("mobile", "Provided mobile is in bad format."));
    }
    let NewUser { email, mobile, first_name, middle_name, last_name } = posted;
    let user = User { id: String::new(), email, mobile, first_name, middle_name, last_name };
    let user = app.with(|state, now| state.add_user(user, now));
    Ok((StatusCode::CREATED, Json(answers::created_user(&app.options.links, &user))))
}

/// `GET /users/{userId}`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    _access: ServerAccess,
    Path(user): Path<String>,
) -> Result<Json<Value>, ApiError> {
    app.with(|state, _| {
        let known = state.users.get(&user).ok_or(NO_USER)?;
        let connections: Vec<_> = state.bank.connections(Some(&user)).collect();
        Ok(Json(answers::user(&app.options.links, known, &connections)))
    })
}

/// `DELETE /users/{userId}`
pub(super) async fn delete(
    State(app): State<Arc<App>>,
    _access: ServerAccess,
    Path(user): Path<String>,
) -> Result<StatusCode, ApiError> {
    app.with(|state, now| {
        state.users.get(&user).ok_or(NO_USER)?;
        state.delete_user(&user, now);
        Ok(StatusCode::NO_CONTENT)
    })
}

/// The user is unknown.
pub(super) const NO_USER: ApiError = ApiError::not_found("Requested user does not exist.");
