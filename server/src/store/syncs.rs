//! Syncing with providers, as the rest of the server sees it: when a connection is synced, and what a run stores.
//!
//! Owns the types and the trait. Must not fetch, and must not know how anything is stored.

use std::collections::HashSet;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use ledger::Change;
use wire::events::SyncStats;

use super::{Changed, ConnectorRef, Result, SyncError, SyncRequest};

/// Whether a request ends the pause after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// The request waits for the end of the pause: webhooks still arrive while a provider's API is down.
    AfterPause,
    /// The connection is synced at once: the cause of the failure has been fixed.
    DespiteFailures,
}

/// One registration of a connection. If it has been removed, nothing more of its run is stored.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SyncKey {
    /// The store's id of the registration.
    pub registration: i64,
    /// `connectorId`.
    pub connector_id: String,
    /// The provider's id of the connection.
    pub connection_id: String,
}

/// A connection that is due for a sync.
#[derive(Clone, Debug)]
pub struct DueSync {
    /// Its registration.
    pub key: SyncKey,
    /// The user who owns it.
    pub user_id: String,
    /// The provider's id of its user.
    pub external_user_id: Option<String>,
    /// The registered credentials, encrypted.
    pub credentials: Option<Vec<u8>>,
    /// The cursor that the last complete run stored.
    pub cursor: Option<String>,
    /// The number of consecutive failed runs.
    pub attempts: u32,
}

/// A run that has begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BegunSync {
    /// What it fetches.
    pub request: SyncRequest,
    /// The place of all its changes in the order of arrival. Deliveries that arrive during the run are newer.
    pub arrival: i64,
}

/// A page's changes.
#[derive(Debug)]
pub struct SyncPage {
    /// In the order in which they are applied.
    pub changes: Vec<Change>,
    /// The place of the run in the order of arrival.
    pub arrival: i64,
    /// The stored transactions that earlier pages of the run listed.
    pub named: Arc<HashSet<i64>>,
}

/// The outcome of applying a page.
#[derive(Debug, Default)]
pub struct AppliedPage {
    /// The stored transactions that the page lists, by the store's ids.
    pub named: Vec<i64>,
    /// Those of them that were announced as new.
    pub added: Vec<i64>,
    /// The changes held back until the end of the run: each may be a stored transaction under another id.
    pub held_back: Vec<Change>,
    /// The effect of the page.
    pub changed: Changed,
}

/// The end of a complete run.
#[derive(Debug)]
pub struct FinishedSync {
    /// The place of the run in the order of arrival.
    pub arrival: i64,
    /// All stored transactions that the run listed.
    pub named: Arc<HashSet<i64>>,
    /// The transactions that the run announced as new before it restarted.
    pub withdrawn: HashSet<i64>,
    /// All changes that were held back.
    pub held_back: Vec<Change>,
    /// Which stored transactions are deleted because the run did not list them.
    pub absence: connectors::fetch::Absence,
    /// The cursor at which the next run begins.
    pub cursor: Option<String>,
    /// The number of transactions that the run's pages announced as new.
    pub new_transactions: u32,
    /// The items that the run could not understand, in one sentence.
    pub rejected: Option<String>,
    /// The time of the connection's next run.
    pub due: Timestamp,
}

/// The schedule of syncs, and what their runs store.
#[async_trait]
pub trait Syncs: Send + Sync + 'static {
    /// Stores a sync request. All requests for a connection become one run, plus another if a request arrives during that
    /// run. Fails with [`Error::NotFound`](super::Error::NotFound) if the connection is not registered.
    async fn request_sync(
        &self,
        connector_id: String,
        connection_id: String,
        request: SyncRequest,
        urgency: Urgency,
        now: Timestamp,
    ) -> Result<()>;

    /// Schedules the registered connections of these connectors that were never synced, because their connector could not
    /// fetch when they were registered.
    async fn schedule_syncs(&self, connectors: Vec<String>, now: Timestamp) -> Result<()>;

    /// Stores a connection's encrypted credentials.
    async fn set_credentials(&self, connector_id: String, connection_id: String, sealed: Vec<u8>) -> Result<()>;

    /// The connections that are due, the longest waiting first.
    async fn due_syncs(&self, now: Timestamp, limit: u32) -> Result<Vec<DueSync>>;

    /// When the next connection is due, in milliseconds since 1970.
    async fn next_sync(&self, now: Timestamp) -> Result<Option<i64>>;

    /// Begins a run. Fails with [`Error::NotFound`](super::Error::NotFound) if the connection was removed, as do the next
    /// three methods.
    async fn begin_sync(&self, key: SyncKey) -> Result<BegunSync>;

    /// Applies a page.
    async fn apply_page(
        &self,
        key: SyncKey,
        connector: ConnectorRef,
        page: SyncPage,
        now: Timestamp,
    ) -> Result<AppliedPage>;

    /// Ends a run: applies held-back rows and deletes absent ones, stores the cursor, and sends `sync:complete`.
    async fn finish_sync(
        &self,
        key: SyncKey,
        connector: ConnectorRef,
        finished: FinishedSync,
        now: Timestamp,
    ) -> Result<SyncStats>;

    /// Records a failed run and when to retry it, and sends `connection:updated`.
    async fn fail_sync(
        &self,
        key: SyncKey,
        connector: ConnectorRef,
        error: SyncError,
        due: Timestamp,
        now: Timestamp,
    ) -> Result<()>;
}
