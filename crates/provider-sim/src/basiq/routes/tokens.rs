//! `POST /token`.
//!
//! Owns the refusals. Must not store tokens.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Form, FromRequest as _, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::json;

use crate::basiq::app::App;
use crate::basiq::error::ApiError;
use crate::basiq::token::Access;

#[derive(Debug, Default, Deserialize)]
struct TokenForm {
    scope: Option<String>,
    #[serde(rename = "userId")]
    user_id: Option<String>,
}

/// A token for the API (`scope=SERVER_ACCESS`) or for a user's consent page (`scope=CLIENT_ACCESS&userId=…`).
pub(super) async fn create(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Result<Response, ApiError> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if !header("basiq-version").is_some_and(|version| version.starts_with("3.")) {
        let detail = "Basiq-version must be specified in HTTP request header";
        return Err(ApiError::not_supplied("basiq-version", detail));
    }
    let authorization = header("authorization")
        .ok_or(ApiError::not_supplied("authorization", "Authorization header parameter is required"))?;
    let key = authorization
        .strip_prefix("Basic ")
        .ok_or(ApiError::not_valid("authorization", "Invalid authorization header"))?;
    // The key is used as issued: encoding it again does not give a valid header.
    if key.trim() == STANDARD.encode(&app.options.api_key) {
        return Err(ApiError::not_valid("authorization", "Invalid authorization header"));
    }
    if key.trim() != app.options.api_key {
        return Err(ApiError::not_found("Unable to authenticate. Please, check your API key"));
    }
    let form = read_form(&headers, body).await?;
    let lifetime = app.options.token_lifetime;
    let token = app.with(|state, now| {
        let access = match (form.scope.as_deref(), form.user_id) {
            (Some("CLIENT_ACCESS"), Some(user)) if state.users.contains_key(&user) => Access::Client(user),
            (Some("CLIENT_ACCESS"), Some(_)) => return Err(ApiError::not_found("Requested user does not exist.")),
            (Some("SERVER_ACCESS"), _) => Access::Server,
            _ => return Err(ApiError::not_valid("scope", "Scope value is not valid")),
        };
        // "403 Invalid request: there have been too many requests for the token endpoint within a 5 minute period".
        state.token_calls.take("", now).map_err(|_| ApiError::forbidden("Invalid request").over_budget())?;
        Ok(state.tokens.give(access, now, lifetime))
    })?;
    let body = json!({ "access_token": token, "expires_in": lifetime.as_secs(), "token_type": "Bearer" });
    Ok((StatusCode::OK, Json(body)).into_response())
}

async fn read_form(headers: &HeaderMap, body: Bytes) -> Result<TokenForm, ApiError> {
    let mut request = Request::new(axum::body::Body::from(body));
    *request.method_mut() = axum::http::Method::POST;
    *request.headers_mut() = headers.clone();
    let form = Form::<TokenForm>::from_request(request, &()).await;
    form.map(|Form(form)| form).map_err(|_| ApiError::not_valid("scope", "Posted form is not in valid format."))
}
