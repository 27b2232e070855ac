//! `/transactions/sync` and `/transactions/refresh`.
//!
//! Owns pages of changes. Must not know members of transactions.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::{Value, json};

use super::items::accounts_of;
use super::request::Authorized;
use crate::plaid::answers::{PlaidAccount, PlaidTransaction};
use crate::plaid::app::App;
use crate::plaid::cursor::Cursor;
use crate::plaid::error::ApiError;
use crate::plaid::item::{Item, Readiness};

/// The default size of a page.
const PAGE: u64 = 100;
/// The largest size of a page.
const LARGEST: u64 = 500;

/// The answer to `/transactions/sync`.
#[derive(Debug, Serialize)]
pub(super) struct Page {
    accounts: Vec<PlaidAccount>,
    added: Vec<PlaidTransaction>,
    modified: Vec<PlaidTransaction>,
    removed: Vec<Removed>,
    next_cursor: String,
    has_more: bool,
    request_id: String,
    transactions_update_status: &'static str,
}

#[derive(Debug, Serialize)]
struct Removed {
    transaction_id: String,
    account_id: String,
}

/// The changes since a cursor.
pub(super) async fn sync(State(app): State<Arc<App>>, body: Authorized) -> Result<Json<Page>, ApiError> {
    let count = body.number("/count", 1..=LARGEST)?.unwrap_or(PAGE);
    let count = usize::try_from(count).map_err(|_| ApiError::INVALID_FIELD)?;
    let days = body.number("/options/days_requested", 1..=730)?.and_then(|days| u32::try_from(days).ok());
    // A cursor for one account is not simulated.
    if !body.value("/options/account_id").is_null() {
        return Err(ApiError::INVALID_FIELD);
    }
    let has_original = body.value("/options/include_original_description").as_bool().unwrap_or(false);
    app.with(|state, now| {
        let request_id = state.request_id();
        let id = body.item(state)?.id.clone();
        if let Some(trouble) = body.item(state)?.trouble {
            return Err(ApiError::of_trouble(trouble));
        }
        state.sync_calls.take(&id, now).map_err(|_| ApiError::SYNC_LIMIT)?;
        state.begin_syncing(&id, days).map_err(|_| ApiError::INVALID_ACCESS_TOKEN)?;
        let item = body.item(state)?;
        let accounts = accounts_of(state, item);
        if item.readiness == Readiness::NotReady {
            return Ok(Json(not_ready(accounts, request_id)));
        }
        let total = item.log.len();
        let cursor = read_cursor(body.value("/cursor"), item)?;
        if cursor.of.is_some_and(|of| of != total) {
            return Err(ApiError::MUTATION);
        }
        let slice = item.log.slice(cursor.told, count);
        let told = total.min(cursor.told + count);
        let has_more = told < total;
        let next = Cursor { item: id, told, of: has_more.then_some(total) };
        let transactions = |rows: &[_]| rows.iter().map(|row| PlaidTransaction::new(row, has_original)).collect();
        let removed = slice.removed.iter().cloned();
        let removed = removed.map(|(transaction_id, account_id)| Removed { transaction_id, account_id });
        Ok(Json(Page {
            accounts,
            added: transactions(&slice.added),
            modified: transactions(&slice.modified),
            removed: removed.collect(),
            next_cursor: next.text(),
            has_more,
            request_id,
            transactions_update_status: "HISTORICAL_UPDATE_COMPLETE",
        }))
    })
}

/// Makes Plaid read the item's bank.
pub(super) async fn refresh(State(app): State<Arc<App>>, body: Authorized) -> Result<Json<Value>, ApiError> {
    let (item, request_id) = app.with(|state, _| {
        let request_id = state.request_id();
        let item = body.item(state)?;
        match item.trouble {
            Some(trouble) => Err(ApiError::of_trouble(trouble)),
            None => Ok((item.id.clone(), request_id)),
        }
    })?;
    app.update_in_time(item);
    Ok(Json(json!({ "request_id": request_id })))
}

/// The cursor is empty while nothing is ready.
fn not_ready(accounts: Vec<PlaidAccount>, request_id: String) -> Page {
    Page {
        accounts,
        added: vec![],
        modified: vec![],
        removed: vec![],
        next_cursor: String::new(),
        has_more: false,
        request_id,
        transactions_update_status: "NOT_READY",
    }
}

/// Without a cursor everything is reported from the beginning; `now` skips the present changes.
fn read_cursor(value: &Value, item: &Item) -> Result<Cursor, ApiError> {
    let at = |told| Cursor { item: item.id.clone(), told, of: None };
    match value {
        Value::Null => Ok(at(0)),
        Value::String(text) if text.is_empty() => Ok(at(0)),
        Value::String(text) if text == "now" => Ok(at(item.log.len())),
        Value::String(text) => {
            let cursor = Cursor::read(text).filter(|cursor| cursor.item == item.id && cursor.told <= item.log.len());
            cursor.ok_or(ApiError::INVALID_FIELD)
        }
        _ => Err(ApiError::INVALID_FIELD),
    }
}
