//! The trait for shared rate limits over its table.
//!
//! Owns the choice between a unit of work and the connection for slots. Must not hold a statement.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::super::unit::in_unit;
use super::super::{PostgresStore, rate_limits};
use crate::store::{LimitKey, RateLimits, Result, Spent};

#[async_trait]
impl RateLimits for PostgresStore {
    async fn spend(&self, spent: Vec<(LimitKey, Duration)>) -> Result<Spent> {
        // Not in a unit of work: a node that freezes between the statement and the commit would block the others.
        let mut lent = self.slots.lend().await?;
        let spent = rate_limits::spend(&mut lent.connection, &spent).await?;
        lent.give_back();
        Ok(spent)
    }

    async fn delete_recovered(&self) -> Result<()> {
        in_unit!(self, Timestamp::UNIX_EPOCH, |unit| rate_limits::delete_recovered(&mut unit.database))
    }
}
