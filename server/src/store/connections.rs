//! Connections as the rest of the server sees them.
//!
//! Owns their trait. Must not know how they are stored.

use async_trait::async_trait;
use jiff::Timestamp;
use wire::api::{Connection, ConnectionRequest};
use wire::events::SyncStats;

use super::{ConnectorRef, Result};

/// Registering and removing connections.
#[async_trait]
pub trait Connections: Send + Sync {
    /// Registers or changes a connection; returns whether it is new. Fails with [`Error::Conflict`](super::Error::Conflict)
    /// if it belongs to another user.
    async fn put_connection(
        &self,
        connector: ConnectorRef,
        connection_id: String,
        request: ConnectionRequest,
        now: Timestamp,
    ) -> Result<(Connection, bool)>;

    /// The connections of a user (or of all users) through a connector (or any). The caller fills in whether they can be
    /// synced: `can_sync` is `false`.
    async fn connections(&self, connector_id: Option<String>, user_id: Option<String>) -> Result<Vec<Connection>>;

    /// One connection; `can_sync` is `false` here as well.
    async fn connection(&self, connector_id: String, connection_id: String) -> Result<Connection>;

    /// Removes a connection with its accounts; if `owner` is given, only that user's. Its transactions stay; with `purge`
    /// they are deleted, including those of a connection that was removed before.
    async fn delete_connection(
        &self,
        connector_id: String,
        connection_id: String,
        owner: Option<String>,
        purge: bool,
        now: Timestamp,
    ) -> Result<()>;

    /// Finishes moves and purges that a crash interrupted.
    async fn finish_moves(&self, now: Timestamp) -> Result<()>;

    /// Tells the owner that a connection has been synced.
    async fn complete_sync(
        &self,
        connector_id: String,
        connection_id: String,
        new_transactions: u64,
        now: Timestamp,
    ) -> Result<SyncStats>;
}
