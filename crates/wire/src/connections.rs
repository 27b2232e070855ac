//! The lists of connections.
//!
//! Owns the answer of the API. Must not know how a provider is asked.

use serde::{Deserialize, Serialize};

use crate::api::Connection;
use crate::object::json_objects;

json_objects!(ConnectionsPage);

/// Answer of `GET /api/connections` and of `GET /api/connectors/{connector}/connections`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", remote = "Self")]
pub struct ConnectionsPage {
    /// Always `true`.
    pub success: bool,
    /// In the order in which they were registered.
    pub connections: Vec<Connection>,
}
