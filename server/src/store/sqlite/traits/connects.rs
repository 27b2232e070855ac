//! The trait for connecting a bank over its tables.
//!
//! Owns the choice between the writer and a reader. Must not hold a statement.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::super::{SqliteStore, connects, refreshes};
use crate::store::{Budget, ConnectAttempt, Connects, Result, ReturnedConnect, StateHash};

#[async_trait]
impl Connects for SqliteStore {
    async fn provider_user(&self, connector_id: String, user_id: String) -> Result<Option<String>> {
        self.readers.read(move |database| connects::provider_user(database, &connector_id, &user_id)).await
    }

    async fn keep_provider_user(&self, connector_id: String, user_id: String, provider_user: String) -> Result<String> {
        let job = move |database: &rusqlite::Connection, _: &mut Vec<_>| {
            connects::keep_provider_user(database, &connector_id, &user_id, &provider_user)
        };
        self.writer.write(job).await
    }

    async fn forget_provider_user(&self, connector_id: String, user_id: String) -> Result<()> {
        let job = move |database: &rusqlite::Connection, _: &mut Vec<_>| {
            connects::forget_provider_user(database, &connector_id, &user_id)
        };
        self.writer.write(job).await
    }

    async fn begin_connect(
        &self,
        state: StateHash,
        attempt: ConnectAttempt,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<()> {
        self.writer.write(move |database, _| connects::begin(database, &state, &attempt, expires_at, now)).await
    }

    async fn return_connect(
        &self,
        state: StateHash,
        connector_id: String,
        user_id: String,
        parameters: BTreeMap<String, String>,
        now: Timestamp,
    ) -> Result<ReturnedConnect> {
        let job = move |database: &rusqlite::Connection, _: &mut Vec<_>| {
            connects::come_back(database, &state, (&connector_id, &user_id), &parameters, now)
        };
        self.writer.write(job).await
    }

    async fn claim_connects(&self, _: Duration) -> Result<Vec<(StateHash, ReturnedConnect)>> {
        self.readers.read(connects::returned).await
    }

    async fn follow_connect(&self, _: StateHash, _: Duration) -> Result<()> {
        // There is no other node.
        Ok(())
    }

    async fn end_connect(&self, state: StateHash) -> Result<()> {
        self.writer.write(move |database, _| connects::end(database, &state)).await
    }

    async fn take_refresh(
        &self,
        connector_id: String,
        connection_id: String,
        budget: Budget,
        now: Timestamp,
    ) -> Result<Option<Timestamp>> {
        let job = move |database: &rusqlite::Connection, _: &mut Vec<_>| {
            refreshes::take(database, (&connector_id, &connection_id), budget, now)
        };
        self.writer.write(job).await
    }
}
