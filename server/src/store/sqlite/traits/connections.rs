//! The trait for connections over its tables.
//!
//! Owns the choice between the writer and a reader. Must not hold a statement.

use async_trait::async_trait;
use jiff::Timestamp;
use wire::api::{Connection, ConnectionRequest};
use wire::events::SyncStats;

use super::super::{SqliteStore, connections};
use crate::store::{Connections, ConnectorRef, Error, Result};

#[async_trait]
impl Connections for SqliteStore {
    async fn put_connection(
        &self,
        connector: ConnectorRef,
        connection_id: String,
        request: ConnectionRequest,
        now: Timestamp,
    ) -> Result<(Connection, bool)> {
        self.unit(now, move |unit| connections::put(unit, &connector, &connection_id, &request)).await
    }

    async fn connections(&self, connector_id: Option<String>, user_id: Option<String>) -> Result<Vec<Connection>> {
        let query = move |connection: &rusqlite::Connection| {
            connections::list(connection, connector_id.as_deref(), user_id.as_deref())
        };
        self.readers.read(query).await
    }

    async fn connection(&self, connector_id: String, connection_id: String) -> Result<Connection> {
        let query = move |connection: &rusqlite::Connection| {
            connections::shown(connection, &connector_id, &connection_id)?.ok_or(Error::NotFound)
        };
        self.readers.read(query).await
    }

    async fn delete_connection(
        &self,
        connector_id: String,
        connection_id: String,
        owner: Option<String>,
        purge: bool,
        now: Timestamp,
    ) -> Result<()> {
        self.unit(now, move |unit| connections::remove(unit, (&connector_id, &connection_id), owner.as_deref(), purge))
            .await
    }

    async fn finish_moves(&self, now: Timestamp) -> Result<()> {
        self.mover.finish(now).await
    }

    async fn complete_sync(
        &self,
        connector_id: String,
        connection_id: String,
        new_transactions: u64,
        now: Timestamp,
    ) -> Result<SyncStats> {
        // Counted on a reader: counting a long history would delay the writer.
        let place = (connector_id.clone(), connection_id.clone());
        let total = move |connection: &rusqlite::Connection| connections::count(connection, &place.0, &place.1);
        let owner = self.connection(connector_id.clone(), connection_id.clone()).await?.user_id;
        let total_transactions = self.readers.answer(&owner, total).await?;
        let stats = SyncStats { total_transactions, new_transactions };
        self.unit(now, move |unit| connections::complete_sync(unit, (&connector_id, &connection_id), stats)).await
    }
}
