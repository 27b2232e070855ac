//! The lists of connections.
//!
//! Owns the answer of the API and the initial data of the connections page. Must not know how a provider is called.

use serde::{Deserialize, Serialize};

use crate::api::{Connection, ConnectorStatus, Snapshot};
use crate::object::json_objects;

json_objects!(ConnectionsPage, ConnectionsView);

/// Answer of `GET /api/connections` and of `GET /api/connectors/{connector}/connections`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", remote = "Self")]
pub struct ConnectionsPage {
    /// Always `true`.
    pub success: bool,
    /// In the order in which they were registered.
    pub connections: Vec<Connection>,
}

/// The initial data of the connections page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", remote = "Self")]
pub struct ConnectionsView {
    /// The snapshot with which the live feed begins.
    pub snapshot: Snapshot,
    /// The user's connections, no older than the snapshot.
    pub connections: Vec<Connection>,
    /// Every connector.
    pub connectors: Vec<ConnectorStatus>,
}
