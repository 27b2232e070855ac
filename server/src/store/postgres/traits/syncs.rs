//! The trait for sync runs over its tables.
//!
//! Owns the choice between a unit of work and a read. Must not hold a statement.

use async_trait::async_trait;
use jiff::Timestamp;
use wire::events::SyncStats;

use super::super::lent::read;
use super::super::unit::in_unit;
use super::super::{PostgresStore, connections, locks, sync_end, sync_page, syncs};
use crate::store::{
    AppliedPage, BegunSync, ConnectorRef, DueSync, FinishedSync, Result, SyncError, SyncKey, SyncPage, SyncRequest,
    Syncs, Urgency,
};

#[async_trait]
impl Syncs for PostgresStore {
    async fn request_sync(
        &self,
        connector_id: String,
        connection_id: String,
        request: SyncRequest,
        urgency: Urgency,
        now: Timestamp,
    ) -> Result<()> {
        let id = (connector_id.as_str(), connection_id.as_str());
        in_unit!(self, now, |unit| async {
            locks::connection(&mut unit.database, id.0, id.1).await?;
            syncs::request(&mut unit.database, id, &request, urgency, now).await
        })
    }

    async fn schedule_syncs(&self, connectors: Vec<String>, now: Timestamp) -> Result<()> {
        in_unit!(self, now, |unit| syncs::schedule(&mut unit.database, &connectors, now))
    }

    async fn set_credentials(&self, connector_id: String, connection_id: String, sealed: Vec<u8>) -> Result<()> {
        let id = (connector_id.as_str(), connection_id.as_str());
        in_unit!(self, Timestamp::UNIX_EPOCH, |unit| syncs::set_credentials(&mut unit.database, id, &sealed))
    }

    async fn due_syncs(&self, now: Timestamp, limit: u32) -> Result<Vec<DueSync>> {
        let mut database = self.pool.acquire().await?;
        read(syncs::due(&mut database, now, limit)).await
    }

    async fn next_sync(&self, now: Timestamp) -> Result<Option<i64>> {
        let mut database = self.pool.acquire().await?;
        read(syncs::next(&mut database, now)).await
    }

    async fn begin_sync(&self, key: SyncKey) -> Result<BegunSync> {
        in_unit!(self, Timestamp::UNIX_EPOCH, |unit| syncs::begin(&mut unit.database, &key))
    }

    async fn apply_page(
        &self,
        key: SyncKey,
        connector: ConnectorRef,
        page: SyncPage,
        now: Timestamp,
    ) -> Result<AppliedPage> {
        let applied = in_unit!(self, now, |unit| sync_page::apply(unit, &key, &connector, &page));
        self.move_what_is_left(now);
        applied
    }

    async fn finish_sync(
        &self,
        key: SyncKey,
        connector: ConnectorRef,
        finished: FinishedSync,
        now: Timestamp,
    ) -> Result<SyncStats> {
        let changed = in_unit!(self, now, |unit| sync_end::reconcile(unit, &key, &connector, &finished));
        let changed = changed?;
        self.move_what_is_left(now);
        // Counted between the two units of work: counting a long history would hold the locks for a long time.
        let mut database = self.pool.acquire().await?;
        let total_transactions = read(connections::count(&mut database, &key.connector_id, &key.connection_id)).await?;
        drop(database);
        let new_transactions = u64::from(finished.new_transactions + changed.new);
        let stats = SyncStats { total_transactions, new_transactions };
        in_unit!(self, now, |unit| sync_end::complete(unit, &key, &finished, stats))
    }

    async fn fail_sync(
        &self,
        key: SyncKey,
        connector: ConnectorRef,
        error: SyncError,
        due: Timestamp,
        now: Timestamp,
    ) -> Result<()> {
        in_unit!(self, now, |unit| sync_end::fail(unit, &key, &connector, &error, due))
    }
}
