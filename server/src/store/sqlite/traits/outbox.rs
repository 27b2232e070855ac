//! The trait for the outbox over its tables.
//!
//! Owns the choice between the writer and a reader. Must not hold a statement.

use async_trait::async_trait;
use jiff::Timestamp;

use super::super::{SqliteStore, outbox};
use crate::store::{
    DeadLetter, DueUser, FeedEvent, Outbox, OutboxState, OutgoingTransaction, Result, Revived, StuckQueue,
};

/// How many dead letters are requeued in one job.
const REVIVED_AT_ONCE: u32 = 500;

#[async_trait]
impl Outbox for SqliteStore {
    async fn due_users(&self, now: Timestamp, limit: u32) -> Result<Vec<DueUser>> {
        self.readers.read(move |connection| outbox::due(connection, now, limit)).await
    }

    async fn next_due(&self, now: Timestamp) -> Result<Option<i64>> {
        self.readers.read(move |connection| outbox::next_due(connection, now)).await
    }

    async fn outgoing(&self, user_id: String, limit: u32) -> Result<Vec<OutgoingTransaction>> {
        self.readers.read(move |connection| outbox::of_user(connection, &user_id, limit)).await
    }

    async fn settle(&self, user_id: String, id: i64, dead: Option<String>, now: Timestamp) -> Result<()> {
        self.writer.write(move |connection, _| outbox::settle(connection, &user_id, id, dead.as_deref(), now)).await
    }

    async fn postpone(&self, user_id: String, until: Timestamp, reason: String) -> Result<()> {
        self.writer.write(move |connection, _| outbox::postpone(connection, &user_id, until, &reason)).await
    }

    async fn outbox_state(&self) -> Result<OutboxState> {
        self.readers.read(outbox::state).await
    }

    async fn dead_letters(&self, limit: u32) -> Result<Vec<DeadLetter>> {
        self.readers.read(move |connection| outbox::dead_letters(connection, limit)).await
    }

    async fn revive(&self, id: Option<i64>, now: Timestamp) -> Result<Revived> {
        let (mut next, last) = match id {
            Some(id) => (id, id),
            // Only up to the currently newest, so that calls that are rejected again meanwhile do not keep this running
            // forever.
            None => (i64::MIN, self.readers.read(outbox::newest_dead).await?.unwrap_or(i64::MIN)),
        };
        let mut became = Revived::default();
        loop {
            // In small jobs, so that no delivery waits long behind one.
            let job = move |connection: &rusqlite::Connection, _: &mut Vec<FeedEvent>| {
                outbox::revive(connection, next..=last, REVIVED_AT_ONCE, now)
            };
            let Some((newest, some)) = self.writer.write(job).await? else { return Ok(became) };
            next = newest.saturating_add(1);
            became.revived += some.revived;
            became.outdated += some.outdated;
        }
    }

    async fn stuck_queues(&self, attempts: u32, limit: u32) -> Result<Vec<StuckQueue>> {
        self.readers.read(move |connection| outbox::stuck(connection, attempts, limit)).await
    }

    async fn set_aside(&self, user_id: String, now: Timestamp) -> Result<Option<String>> {
        self.writer.write(move |connection, _| outbox::set_aside(connection, &user_id, now)).await
    }

    async fn hurry(&self) -> Result<()> {
        self.writer.write(|connection, _| outbox::hurry(connection)).await
    }
}
