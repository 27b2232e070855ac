//! The calls of the HTTP API that concern simulated connections.
//!
//! Owns their paths and bodies. Must not call.

use std::collections::BTreeMap;

use provider_sim::simulation::{Linked, Provider};
use wire::api::ConnectionRequest;

/// Where a provider's webhooks go at the server of this address.
pub fn webhook_address(server: &str, provider: Provider) -> String {
    format!("{}/api/connectors/{provider}/webhook", server.trim_end_matches('/'))
}

/// The path and the body with which a connection is registered as its user's.
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
