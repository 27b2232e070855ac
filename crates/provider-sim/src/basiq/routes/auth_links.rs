//! `/users/{userId}/auth_link`.
//!
//! Owns links to the consent page. Must not know the page; the SMS code is not simulated.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Redirect;
use serde_json::{Value, json};

use super::users::NO_USER;
use crate::basiq::app::{App, ServerAccess};
use crate::basiq::error::ApiError;
use crate::basiq::token::Access;

/// How long a link is valid.
const VALID: Duration = Duration::from_secs(7 * 24 * 3600);

/// `POST /users/{userId}/auth_link`: only the user's newest link can be opened, once.
pub(super) async fn create(
    State(app): State<Arc<App>>,
    _access: ServerAccess,
    Path(user): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let posted: Value = serde_json::from_slice(&body).unwrap_or_default();
    let host = headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
    app.with(|state, now| {
        let known = state.users.get(&user).ok_or(NO_USER)?;
        let mobile = posted["mobile"].as_str().unwrap_or(&known.mobile).to_owned();
        let id = state.ids.hex(8);
        state.auth_links.insert(user.clone(), id.clone());
        let expires = now.checked_add(VALID).unwrap_or(now);
        let body = json!({
            "type": "auth_link",
            "userId": user,
            "mobile": mobile,
            "expiresAt": format!("{expires:.0}"),
            "links": { "public": format!("http://{host}/link/{id}"), "self": format!("/users/{user}/auth_link") },
        });
        Ok((StatusCode::CREATED, Json(body)))
    })
}

/// `GET /link/{id}`: imitates connect.basiq.io.
pub(super) async fn open(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Redirect, ApiError> {
    let lifetime = app.options.token_lifetime;
    app.with(|state, now| {
        let user = state.auth_links.iter().find(|(_, newest)| **newest == id).map(|(user, _)| user.clone());
        let user = user.ok_or(ApiError::not_found("Requested resource is not found"))?;
        state.auth_links.remove(&user);
        let token = state.tokens.give(Access::Client(user), now, lifetime);
        Ok(Redirect::to(&format!("/home?token={token}")))
    })
}
