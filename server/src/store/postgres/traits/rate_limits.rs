//! Rate limits of several nodes: which unit of work runs where.
//!
//! Owns the choice between a unit of work and the connection of slots. Must not hold a statement.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::super::unit::in_unit;
use super::super::{PostgresStore, rate_limits};
use crate::store::{LimitKey, RateLimits, Result, Spent};

#[async_trait]
impl RateLimits for PostgresStore {
    async fn spend(&self, spent: Vec<(LimitKey, Duration)>) -> Result<Spent> {
        // Not in a unit of work: a node that is frozen between the statement and the commit would hold up the others.
        let mut lent = self.slots.lend().await?;
        let spent = rate_limits::spend(&mut lent.connection, &spent).await?;
        lent.give_back();
        Ok(spent)
    }

    async fn delete_recovered(&self) -> Result<()> {
        in_unit!(self, Timestamp::UNIX_EPOCH, |unit| rate_limits::delete_recovered(&mut unit.database))
    }
}
