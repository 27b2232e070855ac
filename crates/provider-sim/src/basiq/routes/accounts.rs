//! `/users/{userId}/accounts`.
//!
//! Owns which are returned. Must not know their members.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::BAD_FILTER;
use super::users::NO_USER;
use crate::bank::{Account, Connection, ConnectionStatus};
use crate::basiq::answers;
use crate::basiq::app::{App, ServerAccess};
use crate::basiq::error::ApiError;
use crate::basiq::filter::Filter;
use crate::basiq::state::State as Basiq;

#[derive(Debug, Deserialize)]
pub(super) struct Parameters {
    filter: Option<String>,
}

/// `GET /users/{userId}/accounts`
pub(super) async fn list(
    State(app): State<Arc<App>>,
    _access: ServerAccess,
    Path(user): Path<String>,
    Query(parameters): Query<Parameters>,
) -> Result<Json<Value>, ApiError> {
    let filter = Filter::read(parameters.filter.as_deref().unwrap_or_default()).ok_or(BAD_FILTER)?;
    if !filter.conditions().iter().all(|condition| is_known(&condition.property, &condition.verb)) {
        return Err(BAD_FILTER);
    }
    let links = &app.options.links;
    app.with(|state, _| {
        state.users.get(&user).ok_or(NO_USER)?;
        let all = accounts_of_user(state, &user);
        let data: Vec<_> = all
            .filter(|(connection, account)| takes(&filter, connection, account))
            .filter_map(|(connection, account)| {
                Some(answers::account(links, connection, account, state.rows.balances(&account.id)?))
            })
            .collect();
        let itself = format!("{links}/users/{user}/accounts");
        Ok(Json(json!({ "type": "list", "data": data, "links": { "self": itself } })))
    })
}

/// `GET /users/{userId}/accounts/{accountId}`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    _access: ServerAccess,
    Path((user, id)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    app.with(|state, _| {
        state.users.get(&user).ok_or(NO_USER)?;
        let not_found = || ApiError::not_found("Requested resource is not found");
        let (connection, account) =
            accounts_of_user(state, &user).find(|(_, account)| account.id == id).ok_or_else(not_found)?;
        let balances = state.rows.balances(&account.id).ok_or_else(not_found)?;
        Ok(Json(answers::account(&app.options.links, connection, account, balances)))
    })
}

fn accounts_of_user<'a>(state: &'a Basiq, user: &'a str) -> impl Iterator<Item = (&'a Connection, &'a Account)> {
    let connections =
        state.bank.connections(Some(user)).filter(|connection| connection.status != ConnectionStatus::Pending);
    connections.flat_map(|connection| state.bank.accounts_of(connection).map(move |account| (connection, account)))
}

/// "account.id, connection.id, institution.id. Only equals (eq) and not equals (ne) are supported."
fn is_known(property: &str, verb: &str) -> bool {
    matches!(property, "account.id" | "connection.id" | "institution.id") && matches!(verb, "eq" | "ne")
}

fn takes(filter: &Filter, connection: &Connection, account: &Account) -> bool {
    filter.conditions().iter().all(|condition| {
        let value = match condition.property.as_str() {
            "account.id" => &account.id,
            "connection.id" => &connection.id,
            _ => &connection.institution,
        };
        condition.values.iter().any(|wanted| wanted == value) == (condition.verb == "eq")
    })
}
