//! Vault's connections.
//!
//! Owns their members. Must not decide which are returned.

use serde_json::{Value, json};

use crate::apideck::books::{BooksConnection, ConnectionState};

/// A connection. Its times are milliseconds since 1970.
pub(in crate::apideck) fn connection(known: &BooksConnection) -> Value {
    let is_callable = known.state == ConnectionState::Callable;
    json!({
        "id": format!("accounting+{}", known.service),
        "service_id": known.service,
        "name": known.service,
        "unified_api": "accounting",
        "state": state_word(known.state),
        "integration_state": "configured",
        "auth_type": "oauth2",
        "oauth_grant_type": "authorization_code",
        "status": "live",
        "enabled": true,
        "settings": {},
        "metadata": {},
        "form_fields": [],
        "configuration": [],
        "configurable_resources": [],
        "consent_state": "implicit",
        "health": if is_callable { "ok" } else { "needs_auth" },
        "created_at": known.created_at.as_millisecond(),
        "updated_at": known.updated_at.as_millisecond(),
    })
}

/// The state in Apideck's words: `callable` …
pub(in crate::apideck) fn state_word(state: ConnectionState) -> &'static str {
    match state {
        ConnectionState::Added => "added",
        ConnectionState::Callable => "callable",
        ConnectionState::Invalid => "invalid",
    }
}
