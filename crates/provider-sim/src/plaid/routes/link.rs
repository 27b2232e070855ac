//! Connecting a bank: `/link/token/create`, `/link/token/get`, `/sandbox/public_token/create`, `/item/public_token/exchange`.
//!
//! Owns their answers. Must not know a user's steps in Link: those are in `hosted`, or the owner's `complete_link`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::request::{Authorized, Host};
use crate::plaid::answers;
use crate::plaid::app::App;
use crate::plaid::error::ApiError;
use crate::plaid::state::{LINK_TOKEN, Link};

/// A token for Link. With an `access_token` it repairs that item.
pub(super) async fn create_token(
    State(app): State<Arc<App>>,
    Host(host): Host,
    body: Authorized,
) -> Result<Json<Value>, ApiError> {
    body.text("client_name")?;
    body.text("language")?;
    if body.value("/country_codes").as_array().is_none_or(Vec::is_empty) {
        return Err(ApiError::MISSING_FIELDS);
    }
    let user = body.value("/user/client_user_id").as_str().ok_or(ApiError::MISSING_FIELDS)?.to_owned();
    let days = body.number("/transactions/days_requested", 1..=730)?.and_then(|days| u32::try_from(days).ok());
    let webhook = body.value("/webhook").as_str().map(str::to_owned);
    let is_hosted = body.value("/hosted_link").is_object();
    let completion_redirect_uri = body.value("/hosted_link/completion_redirect_uri").as_str().map(str::to_owned);
    app.with(|state, now| {
        let item = match body.value("/access_token").as_str() {
            Some(token) => Some(state.item_of(token).ok_or(ApiError::INVALID_ACCESS_TOKEN)?.id.clone()),
            None if body.value("/products").as_array().is_none_or(Vec::is_empty) => {
                return Err(ApiError::MISSING_FIELDS);
            }
            None => None,
        };
        let token = state.add_link(Link { user, webhook, days, item, completion_redirect_uri });
        let expiration = now.checked_add(LINK_TOKEN).unwrap_or(now);
        let request_id = state.request_id();
        let mut answer =
            json!({ "link_token": token, "expiration": format!("{expiration:.0}"), "request_id": request_id });
        if is_hosted {
            answer["hosted_link_url"] = json!(format!("http://{host}/link/{token}"));
        }
        Ok(Json(answer))
    })
}

/// A link token with the sessions opened with it.
pub(super) async fn show_token(State(app): State<Arc<App>>, body: Authorized) -> Result<Json<Value>, ApiError> {
    let token = body.text("link_token")?;
    app.with(|state, now| {
        let session = state.sessions.get(token).cloned();
        if session.is_none() && !state.links.contains_key(token) {
            return Err(ApiError::INVALID_FIELD);
        }
        let created_at = session.as_ref().map_or(now, |session| session.started_at);
        let expiration = created_at.checked_add(LINK_TOKEN).unwrap_or(now);
        let request_id = state.request_id();
        Ok(Json(json!({
            "link_token": token,
            "created_at": format!("{created_at:.0}"),
            "expiration": format!("{expiration:.0}"),
            "link_sessions": session.iter().map(answers::session).collect::<Vec<_>>(),
            "metadata": {
                "client_name": null,
                "country_codes": ["US"],
                "initial_products": ["transactions"],
                "language": "en",
                "redirect_uri": null,
                "webhook": null,
            },
            "request_id": request_id,
        })))
    })
}

/// The outcome of Link, without a user: a new item and its public token.
pub(super) async fn create_public_token(
    State(app): State<Arc<App>>,
    body: Authorized,
) -> Result<Json<Value>, ApiError> {
    body.text("institution_id")?;
    if body.value("/initial_products").as_array().is_none_or(Vec::is_empty) {
        return Err(ApiError::MISSING_FIELDS);
    }
    if let Some(webhook) = body.value("/options/webhook").as_str() {
        app.webhooks.subscribe(webhook, "");
    }
    let (item, token, request_id) = app.with(|state, now| {
        let item = state.add_item_with_history("sandbox", None, now).map_err(|_| ApiError::INVALID_FIELD)?;
        let token = state.public_token(&item, now);
        Ok((item, token, state.request_id()))
    })?;
    app.update_in_time(item);
    Ok(Json(json!({ "public_token": token, "request_id": request_id })))
}

/// Exchanges a public token for an access token, once and within half an hour.
pub(super) async fn exchange(State(app): State<Arc<App>>, body: Authorized) -> Result<Json<Value>, ApiError> {
    let public_token = body.text("public_token")?;
    app.with(|state, now| {
        let request_id = state.request_id();
        let item = state.exchange(public_token, now).ok_or(ApiError::INVALID_PUBLIC_TOKEN)?;
        Ok(Json(json!({ "access_token": item.access_token, "item_id": item.id, "request_id": request_id })))
    })
}
