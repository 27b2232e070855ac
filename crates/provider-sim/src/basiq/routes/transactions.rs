//! `/users/{userId}/transactions`.
//!
//! Owns pages of them. Must not know their members.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::BAD_FILTER;
use super::users::NO_USER;
use crate::bank::Connection;
use crate::basiq::answers;
use crate::basiq::app::{App, ServerAccess};
use crate::basiq::error::ApiError;
use crate::basiq::filter::Filter;
use crate::basiq::paging::PageRequest;
use crate::basiq::row::Row;
use crate::basiq::state::State as Basiq;

/// The largest page, which is the default.
const LARGEST: usize = 500;

#[derive(Debug, Deserialize)]
pub(super) struct Parameters {
    limit: Option<String>,
    filter: Option<String>,
    next: Option<String>,
}

/// `GET /users/{userId}/transactions`: newest first; the token in `links.next` gives the next page.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    _access: ServerAccess,
    Path(user): Path<String>,
    Query(parameters): Query<Parameters>,
) -> Result<Json<Value>, ApiError> {
    let links = &app.options.links;
    app.with(|state, _| {
        state.users.get(&user).ok_or(NO_USER)?;
        let page = page_request(state, &user, &parameters)?;
        let mut rows: Vec<_> = rows_of_user(state, &user)
            .filter(|(connection, row)| page.filter.takes(row, connection))
            .filter(|(_, row)| page.after.is_none_or(|after| row.place() < after))
            .collect();
        rows.sort_by_key(|(_, row)| std::cmp::Reverse(row.place()));
        let is_last = rows.len() <= page.limit;
        rows.truncate(page.limit);
        let data: Vec<_> = rows.iter().map(|(connection, row)| answers::transaction(&app.options, connection, row)).collect();
        let after = rows.last().map(|(_, row)| row.place());
        let itself = format!("{links}/users/{user}/transactions");
        let mut body =
            json!({ "type": "list", "count": data.len(), "size": page.limit, "data": data, "links": { "self": itself } });
        if !is_last {
            let token = state.pages.token(PageRequest { after, ..page });
            body["links"]["next"] = json!(format!("{itself}?next={token}"));
        }
        Ok(Json(body))
    })
}

/// `GET /users/{userId}/transactions/{transactionId}`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    _access: ServerAccess,
    Path((user, id)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    app.with(|state, _| {
        state.users.get(&user).ok_or(NO_USER)?;
        let found = rows_of_user(state, &user).find(|(_, row)| row.id == id);
        let (connection, row) = found.ok_or(ApiError::not_found("Requested resource is not found"))?;
        Ok(Json(answers::transaction(&app.options, connection, row)))
    })
}

/// The requested page: by a token alone, or by limit and filter.
fn page_request(state: &Basiq, user: &str, parameters: &Parameters) -> Result<PageRequest, ApiError> {
    if let Some(token) = &parameters.next {
        let page = state.pages.page(token).filter(|page| page.user == user);
        return page.cloned().ok_or(ApiError::not_valid("next", "Next value is not valid"));
    }
    let limit = match &parameters.limit {
        None => LARGEST,
        Some(text) => match text.parse() {
            Ok(limit @ 1..=LARGEST) => limit,
            Ok(0) | Err(_) => return Err(ApiError::not_valid("limit", "Limit value is not valid")),
            Ok(_) => return Err(ApiError::not_valid("limit", "Maximum limit allowed is 500")),
        },
    };
    let filter = Filter::read(parameters.filter.as_deref().unwrap_or_default()).filter(Filter::fits_transactions);
    Ok(PageRequest { user: user.to_owned(), filter: filter.ok_or(BAD_FILTER)?, limit, after: None })
}

fn rows_of_user<'a>(state: &'a Basiq, user: &'a str) -> impl Iterator<Item = (&'a Connection, &'a Row)> {
    let connections = state.bank.connections(Some(user));
    connections.flat_map(|connection| state.rows.of(&connection.id).iter().map(move |row| (connection, row)))
}
