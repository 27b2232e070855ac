//! The HTTP API calls for simulated connections.
//!
//! Owns their paths and bodies. Must not send a call.

use std::collections::BTreeMap;

use provider_sim::simulation::{Linked, Provider};
use wire::api::ConnectionRequest;

/// The address to which a provider sends webhooks, at the server with this address.
pub fn webhook_address(server: &str, provider: Provider) -> String {
    format!("{}/api/connectors/{provider}/webhook", server.trim_end_matches('/'))
}

/// The path and body that register a connection for its user.
pub fn registration(linked: &Linked) -> (String, ConnectionRequest) {
    let path = format!("/api/connectors/{}/connections/{}", linked.provider, linked.connection);
    let credentials = linked.access_token.clone().map(|token| BTreeMap::from([("accessToken".to_owned(), token)]));
    let request = ConnectionRequest {
        user_id: linked.person.clone(),
        external_user_id: linked.user.clone(),
        credentials,
        institution_name: Some(linked.institution.clone()),
        ..ConnectionRequest::default()
    };
    (path, request)
}
