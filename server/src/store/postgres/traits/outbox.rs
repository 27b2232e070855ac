//! The trait for the outbox over its tables.
//!
//! Owns the choice between a unit of work and one statement. Must not hold a statement.

use async_trait::async_trait;
use jiff::Timestamp;

use super::super::lent::read;
use super::super::unit::in_unit;
use super::super::{PostgresStore, dead_letters, outbox};
use crate::store::{DeadLetter, DueUser, Outbox, OutboxState, OutgoingTransaction, Result, Revived, StuckQueue};

/// How many dead letters are requeued in one unit of work, which locks their users.
const REVIVED_AT_ONCE: u32 = 100;

#[async_trait]
impl Outbox for PostgresStore {
    async fn due_users(&self, now: Timestamp, limit: u32) -> Result<Vec<DueUser>> {
        read(outbox::due(&mut *self.pool.acquire().await?, now, limit)).await
    }

    async fn next_due(&self, now: Timestamp) -> Result<Option<i64>> {
        read(outbox::next_due(&mut *self.pool.acquire().await?, now)).await
    }

    async fn outgoing(&self, user_id: String, limit: u32) -> Result<Vec<OutgoingTransaction>> {
        read(outbox::of_user(&mut *self.pool.acquire().await?, &user_id, limit)).await
    }

    async fn settle(&self, user_id: String, id: i64, dead: Option<String>, now: Timestamp) -> Result<()> {
        in_unit!(self, now, |unit| outbox::settle(&mut unit.database, &user_id, id, dead.as_deref(), now))
    }

    async fn postpone(&self, user_id: String, until: Timestamp, reason: String) -> Result<()> {
        in_unit!(self, until, |unit| outbox::postpone(&mut unit.database, &user_id, until, &reason))
    }

    async fn outbox_state(&self) -> Result<OutboxState> {
        read(outbox::state(&mut *self.pool.acquire().await?)).await
    }

    async fn dead_letters(&self, limit: u32) -> Result<Vec<DeadLetter>> {
        read(dead_letters::newest(&mut *self.pool.acquire().await?, limit)).await
    }

    async fn revive(&self, id: Option<i64>, now: Timestamp) -> Result<Revived> {
        let (mut next, last) = match id {
            Some(id) => (id, id),
            // Only up to the currently newest, so that calls that are rejected again meanwhile do not keep this running
            // forever.
            None => {
                (i64::MIN, read(dead_letters::newest_id(&mut *self.pool.acquire().await?)).await?.unwrap_or(i64::MIN))
            }
        };
        let mut became = Revived::default();
        loop {
            let ids = next..=last;
            let revived: Result<_> =
                in_unit!(self, now, |unit| dead_letters::revive(&mut unit.database, &ids, REVIVED_AT_ONCE, now));
            let Some((newest, some)) = revived? else { return Ok(became) };
            next = newest.saturating_add(1);
            became.revived += some.revived;
            became.outdated += some.outdated;
        }
    }

    async fn stuck_queues(&self, attempts: u32, limit: u32) -> Result<Vec<StuckQueue>> {
        read(outbox::stuck(&mut *self.pool.acquire().await?, attempts, limit)).await
    }

    async fn set_aside(&self, user_id: String, now: Timestamp) -> Result<Option<String>> {
        in_unit!(self, now, |unit| outbox::set_aside(&mut unit.database, &user_id, now))
    }

    async fn hurry(&self) -> Result<()> {
        in_unit!(self, Timestamp::now(), |unit| outbox::hurry(&mut unit.database))
    }
}
