//! Users.
//!
//! Owns their members. Must not decide which are returned.

use serde_json::{Value, json};

use crate::bank::Connection;
use crate::basiq::user::User;

/// The answer to `POST /users`.
pub(in crate::basiq) fn created_user(links: &str, known: &User) -> Value {
    let mut user = json!({
        "type": "user",
        "id": known.id,
        "mobile": known.mobile,
        "firstName": known.first_name,
        "middleName": known.middle_name,
        "lastName": known.last_name,
        "links": { "self": format!("{links}/users/{}", known.id) },
    });
    if !known.email.is_empty() {
        user["email"] = json!(known.email);
    }
    user
}

/// The answer to `GET /users/{userId}`.
pub(in crate::basiq) fn user(links: &str, known: &User, connections: &[&Connection]) -> Value {
    let of_user = format!("{links}/users/{}", known.id);
    let item = |kind: &str, path: &str, id: &str| json!({ "type": kind, "id": id, "links": { "self": format!("{of_user}/{path}/{id}") } });
    let list = |data: Vec<Value>| json!({ "type": "list", "count": data.len(), "data": data });
    let accounts = connections.iter().flat_map(|connection| &connection.accounts);
    let mut user = created_user(links, known);
    user["name"] = json!(format!("{} {}", known.first_name, known.last_name).trim());
    user["connections"] = list(connections.iter().map(|known| item("connection", "connections", &known.id)).collect());
    user["accounts"] = list(accounts.map(|id| item("account", "accounts", id)).collect());
    user["links"] = json!({
        "self": of_user,
        "accounts": format!("{of_user}/accounts"),
        "auth_link": format!("{of_user}/auth_link"),
        "connections": format!("{of_user}/connections"),
        "transactions": format!("{of_user}/transactions"),
    });
    user
}
