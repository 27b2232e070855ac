//! The trait for sync runs over its tables.
//!
//! Owns the choice between the writer and a reader. Must not hold a statement.

use async_trait::async_trait;
use jiff::Timestamp;
use wire::events::SyncStats;

use super::super::unit::Unit;
use super::super::{SqliteStore, connections, sync_end, sync_page, syncs};
use crate::store::{
    AppliedPage, BegunSync, ConnectorRef, DueSync, FinishedSync, Result, SyncError, SyncKey, SyncPage, SyncRequest,
    Syncs, Urgency,
};

#[async_trait]
impl Syncs for SqliteStore {
    async fn request_sync(
        &self,
        connector_id: String,
        connection_id: String,
        request: SyncRequest,
        urgency: Urgency,
        now: Timestamp,
    ) -> Result<()> {
        let work = move |unit: &mut Unit<'_>| {
            syncs::request(unit.database, (&connector_id, &connection_id), &request, urgency, now)
        };
        self.unit(now, work).await
    }

    async fn schedule_syncs(&self, connectors: Vec<String>, now: Timestamp) -> Result<()> {
        self.unit(now, move |unit| syncs::schedule(unit.database, &connectors, now)).await
    }

    async fn set_credentials(&self, connector_id: String, connection_id: String, sealed: Vec<u8>) -> Result<()> {
        let work =
            move |unit: &mut Unit<'_>| syncs::set_credentials(unit.database, (&connector_id, &connection_id), &sealed);
        self.unit(Timestamp::UNIX_EPOCH, work).await
    }

    async fn due_syncs(&self, now: Timestamp, limit: u32) -> Result<Vec<DueSync>> {
        self.readers.read(move |database| syncs::due(database, now, limit)).await
    }

    async fn next_sync(&self, now: Timestamp) -> Result<Option<i64>> {
        self.readers.read(move |database| syncs::next(database, now)).await
    }

    async fn begin_sync(&self, key: SyncKey) -> Result<BegunSync> {
        self.unit(Timestamp::UNIX_EPOCH, move |unit| syncs::begin(unit.database, &key)).await
    }

    async fn apply_page(
        &self,
        key: SyncKey,
        connector: ConnectorRef,
        page: SyncPage,
        now: Timestamp,
    ) -> Result<AppliedPage> {
        self.unit(now, move |unit| sync_page::apply(unit, &key, &connector, &page)).await
    }

    async fn finish_sync(
        &self,
        key: SyncKey,
        connector: ConnectorRef,
        finished: FinishedSync,
        now: Timestamp,
    ) -> Result<SyncStats> {
        let place = key.clone();
        let finished = std::sync::Arc::new(finished);
        let applied = std::sync::Arc::clone(&finished);
        let changed = self.unit(now, move |unit| sync_end::reconcile(unit, &place, &connector, &applied)).await?;
        // Counted on a reader: counting a long history would delay the writer.
        let place = key.clone();
        let total = move |database: &rusqlite::Connection| {
            connections::count(database, &place.connector_id, &place.connection_id)
        };
        let total_transactions = self.readers.read(total).await?;
        let new_transactions = u64::from(finished.new_transactions + changed.new);
        let stats = SyncStats { total_transactions, new_transactions };
        self.unit(now, move |unit| sync_end::complete(unit, &key, &finished, stats)).await
    }

    async fn fail_sync(
        &self,
        key: SyncKey,
        connector: ConnectorRef,
        error: SyncError,
        due: Timestamp,
        now: Timestamp,
    ) -> Result<()> {
        self.unit(now, move |unit| sync_end::fail(unit, &key, &connector, &error, due)).await
    }
}
