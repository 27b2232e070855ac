//! Connections.
//!
//! Owns their members. Must not decide which are returned.

use serde_json::{Value, json};

use super::time;
use crate::bank::{Connection, ConnectionStatus};

/// A connection of `GET /users/{userId}/connections/{connectionId}`, with its accounts.
pub(in crate::basiq) fn connection(links: &str, known: &Connection, accounts: &[Value]) -> Value {
    let mut connection = connection_in_list(links, known);
    connection["accounts"] = json!({ "type": "list", "data": accounts });
    connection["links"]["user"] = json!(format!("{links}/users/{}", known.user));
    connection
}

/// A connection in a list.
pub(in crate::basiq) fn connection_in_list(links: &str, known: &Connection) -> Value {
    let (of_user, institution) = (format!("{links}/users/{}", known.user), &known.institution);
    json!({
        "type": "connection",
        "id": known.id,
        "method": "open-banking",
        "status": status(known.status),
        "createdDate": time(known.created_at),
        "expiryDate": time(known.expires_at),
        "lastUsed": time(known.refreshed_at),
        "institution": {
            "type": "institution",
            "id": institution,
            "links": { "self": format!("{links}/institutions/{institution}") },
        },
        "links": {
            "self": format!("{of_user}/connections/{}", known.id),
            "institution": format!("{links}/institutions/{institution}"),
            "accounts": format!("{of_user}/accounts?filter=institution.id.eq('{institution}')"),
            "transactions": format!("{of_user}/transactions?filter=institution.id.eq('{institution}')"),
        },
    })
}

/// The status in Basiq's words: `active` …
pub(in crate::basiq) fn status(status: ConnectionStatus) -> &'static str {
    match status {
        ConnectionStatus::Pending => "pending",
        ConnectionStatus::Active => "active",
        ConnectionStatus::Invalid => "invalid",
    }
}
