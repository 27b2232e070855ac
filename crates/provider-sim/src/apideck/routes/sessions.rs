//! Vault's sessions and their page.
//!
//! Owns the page, on which a consumer chooses a service, and the redirect to the application. Must not make connections
//! itself.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Form, Path, State};
use axum::http::HeaderMap;
use axum::response::{Html, Redirect};
use serde::Deserialize;
use serde_json::{Value, json};

use super::access::ForConsumer;
use crate::apideck::app::App;
use crate::apideck::error::ApiError;
use crate::apideck::state::Session;

/// Services that can be chosen: ids and names.
static SERVICES: [(&str, &str); 2] = [("xero", "Xero"), ("quickbooks", "QuickBooks")];

#[derive(Debug, Deserialize)]
pub(super) struct Choice {
    service_id: String,
}

/// `POST /vault/sessions`
pub(super) async fn create(
    State(app): State<Arc<App>>,
    call: ForConsumer,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    let body: Value = if body.is_empty() { json!({}) } else { serde_json::from_slice(&body).unwrap_or_default() };
    if !body.is_object() {
        return Err(ApiError::BAD_REQUEST);
    }
    let redirect_uri = body["redirect_uri"].as_str().unwrap_or_default();
    let token = app.with(|state, now| state.add_session(&call.consumer, redirect_uri, now));
    let host = headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
    let data = json!({ "session_uri": format!("http://{host}/session/{token}"), "session_token": token });
    Ok(Json(json!({ "status_code": 200, "status": "OK", "data": data })))
}

/// The services, each with a button.
pub(super) async fn page(State(app): State<Arc<App>>, Path(token): Path<String>) -> Result<Html<String>, ApiError> {
    session(&app, &token)?;
    let button = |(id, name): &(&str, &str)| format!(r#"<button name="service_id" value="{id}">{name}</button> "#);
    let buttons: String = SERVICES.iter().map(button).collect();
    Ok(Html(format!(
        "<!doctype html><html lang=\"en\"><title>Connect your books</title><h1>Connect your books</h1>\
         <p>A simulation: there is no service behind it.</p><form method=\"post\">{buttons}</form></html>"
    )))
}

/// Chooses and authorises a service; the consumer returns to the application.
pub(super) async fn choose(
    State(app): State<Arc<App>>,
    Path(token): Path<String>,
    Form(choice): Form<Choice>,
) -> Result<Redirect, ApiError> {
    let session = session(&app, &token)?;
    let known = SERVICES.iter().find(|(id, _)| *id == choice.service_id).ok_or(ApiError::BAD_REQUEST)?;
    app.with(|state, now| state.connect(&session.consumer, known.0, now)).map_err(|_| ApiError::NO_CONNECTION)?;
    if session.redirect_uri.is_empty() {
        return Ok(Redirect::to(&format!("/session/{token}")));
    }
    Ok(Redirect::to(&session.redirect_uri))
}

fn session(app: &App, token: &str) -> Result<Session, ApiError> {
    let session = app.with(|state, now| state.sessions.get(token).filter(|known| known.expires_at > now).cloned());
    session.ok_or(ApiError::NOT_FOUND)
}
