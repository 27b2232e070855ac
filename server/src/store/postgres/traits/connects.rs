//! The trait for connecting a bank over its tables.
//!
//! Owns the choice between a unit of work and one statement. Must not hold a statement.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::super::lent::read;
use super::super::unit::in_unit;
use super::super::{PostgresStore, connects, refreshes};
use crate::store::{Budget, ConnectAttempt, Connects, Result, ReturnedConnect, StateHash};

#[async_trait]
impl Connects for PostgresStore {
    async fn provider_user(&self, connector_id: String, user_id: String) -> Result<Option<String>> {
        read(connects::provider_user(&mut *self.pool.acquire().await?, &connector_id, &user_id)).await
    }

    async fn keep_provider_user(&self, connector_id: String, user_id: String, provider_user: String) -> Result<String> {
        let of = (connector_id.as_str(), user_id.as_str());
        in_unit!(self, Timestamp::UNIX_EPOCH, |unit| connects::keep_provider_user(
            &mut unit.database,
            of.0,
            of.1,
            &provider_user
        ))
    }

    async fn forget_provider_user(&self, connector_id: String, user_id: String) -> Result<()> {
        let of = (connector_id.as_str(), user_id.as_str());
        in_unit!(self, Timestamp::UNIX_EPOCH, |unit| connects::forget_provider_user(&mut unit.database, of.0, of.1))
    }

    async fn begin_connect(
        &self,
        state: StateHash,
        attempt: ConnectAttempt,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<()> {
        in_unit!(self, now, |unit| connects::begin(&mut unit.database, &state, &attempt, expires_at, now))
    }

    async fn return_connect(
        &self,
        state: StateHash,
        connector_id: String,
        user_id: String,
        parameters: BTreeMap<String, String>,
        now: Timestamp,
    ) -> Result<ReturnedConnect> {
        let of = (connector_id.as_str(), user_id.as_str());
        in_unit!(self, now, |unit| connects::come_back(&mut unit.database, &state, of, &parameters, now))
    }

    async fn claim_connects(&self, lasts: Duration) -> Result<Vec<(StateHash, ReturnedConnect)>> {
        in_unit!(self, Timestamp::UNIX_EPOCH, |unit| connects::claim(&mut unit.database, lasts))
    }

    async fn follow_connect(&self, state: StateHash, lasts: Duration) -> Result<()> {
        in_unit!(self, Timestamp::UNIX_EPOCH, |unit| connects::follow(&mut unit.database, &state, lasts))
    }

    async fn end_connect(&self, state: StateHash) -> Result<()> {
        in_unit!(self, Timestamp::UNIX_EPOCH, |unit| connects::end(&mut unit.database, &state))
    }

    async fn take_refresh(
        &self,
        connector_id: String,
        connection_id: String,
        budget: Budget,
        now: Timestamp,
    ) -> Result<Option<Timestamp>> {
        let of = (connector_id.as_str(), connection_id.as_str());
        in_unit!(self, now, |unit| refreshes::take(&mut unit.database, of, budget, now))
    }
}
