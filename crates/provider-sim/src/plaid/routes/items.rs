//! `/item/get`, `/item/remove` and `/accounts/get`.
//!
//! Owns their answers. Must not know members of items and accounts.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::{Value, json};

use super::request::Authorized;
use crate::plaid::answers::{self, PlaidAccount};
use crate::plaid::app::App;
use crate::plaid::error::ApiError;
use crate::plaid::item::Item;
use crate::plaid::state::State as Plaid;

/// The answer to `/accounts/get`.
#[derive(Debug, Serialize)]
pub(super) struct Accounts {
    accounts: Vec<PlaidAccount>,
    item: Value,
    request_id: String,
}

/// An item, even if its bank cannot be read.
pub(super) async fn show(State(app): State<Arc<App>>, body: Authorized) -> Result<Json<Value>, ApiError> {
    let webhook = app.webhooks.url();
    app.with(|state, _| {
        let request_id = state.request_id();
        let known = body.item(state)?;
        let (item, status) =
            (answers::item(known, webhook.as_deref()), answers::item_status(known, state.last_webhook));
        Ok(Json(json!({ "item": item, "status": status, "request_id": request_id })))
    })
}

/// Removes an item.
pub(super) async fn remove(State(app): State<Arc<App>>, body: Authorized) -> Result<Json<Value>, ApiError> {
    app.with(|state, _| {
        let request_id = state.request_id();
        let id = body.item(state)?.id.clone();
        state.remove(&id).map_err(|_| ApiError::INVALID_ACCESS_TOKEN)?;
        Ok(Json(json!({ "request_id": request_id })))
    })
}

/// An item's accounts.
pub(super) async fn accounts(State(app): State<Arc<App>>, body: Authorized) -> Result<Json<Accounts>, ApiError> {
    let webhook = app.webhooks.url();
    app.with(|state, _| {
        let request_id = state.request_id();
        let known = body.item(state)?;
        if let Some(trouble) = known.trouble {
            return Err(ApiError::of_trouble(trouble));
        }
        let item = answers::item(known, webhook.as_deref());
        Ok(Json(Accounts { accounts: accounts_of(state, known), item, request_id }))
    })
}

/// The accounts of an item.
pub(super) fn accounts_of(state: &Plaid, item: &Item) -> Vec<PlaidAccount> {
    let Ok(connection) = state.bank.connection(&item.id) else { return vec![] };
    let accounts = state.bank.accounts_of(connection);
    accounts.map(|account| PlaidAccount::new(account, state.bank.available(account))).collect()
}
