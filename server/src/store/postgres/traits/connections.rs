//! The trait for connections over its tables.
//!
//! Owns the choice between a unit of work and a read. Must not hold a statement.

use async_trait::async_trait;
use jiff::Timestamp;
use wire::api::{Connection, ConnectionRequest};
use wire::events::SyncStats;

use super::super::lent::read;
use super::super::unit::in_unit;
use super::super::{PostgresStore, connections, listed_connections};
use crate::store::{Connections, ConnectorRef, Error, Result};

#[async_trait]
impl Connections for PostgresStore {
    async fn put_connection(
        &self,
        connector: ConnectorRef,
        connection_id: String,
        request: ConnectionRequest,
        now: Timestamp,
    ) -> Result<(Connection, bool)> {
        let put = in_unit!(self, now, |unit| connections::put(unit, &connector, &connection_id, &request));
        self.move_what_is_left(now);
        put
    }

    async fn connections(&self, connector_id: Option<String>, user_id: Option<String>) -> Result<Vec<Connection>> {
        let mut database = self.pool.acquire().await?;
        read(listed_connections::list(&mut database, connector_id.as_deref(), user_id.as_deref())).await
    }

    async fn connection(&self, connector_id: String, connection_id: String) -> Result<Connection> {
        let mut database = self.pool.acquire().await?;
        let found = read(listed_connections::shown(&mut database, &connector_id, &connection_id)).await?;
        found.ok_or(Error::NotFound)
    }

    async fn delete_connection(
        &self,
        connector_id: String,
        connection_id: String,
        owner: Option<String>,
        purge: bool,
        now: Timestamp,
    ) -> Result<()> {
        let id = (connector_id.as_str(), connection_id.as_str());
        let deleted = in_unit!(self, now, |unit| connections::remove(unit, id, owner.as_deref(), purge));
        self.move_what_is_left(now);
        deleted
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
        let id = (connector_id.as_str(), connection_id.as_str());
        // Counted before the locks are taken: counting a long history would hold them for a long time.
        let owner = self.connection(connector_id.clone(), connection_id.clone()).await?.user_id;
        let mut question = self.readers.statement(&owner).await?;
        let total_transactions = read(connections::count(&mut question.database, id.0, id.1)).await?;
        drop(question);
        let stats = SyncStats { total_transactions, new_transactions };
        in_unit!(self, now, |unit| connections::complete_sync(unit, id, stats))
    }
}
