//! The outbox's trait over its tables.
//!
//! Owns which unit of work runs where. Must not hold a statement.

use async_trait::async_trait;
use jiff::Timestamp;

use super::{SqliteStore, outbox};
use crate::store::{DeadLetter, DueUser, Outbox, OutboxState, OutgoingTransaction, Result};

#[async_trait]
impl Outbox for SqliteStore {
    async fn due_users(&self, now: Timestamp, limit: u32) -> Result<Vec<DueUser>> {
        self.readers.read(move |connection| outbox::due(connection, now, limit)).await
    }

    async fn next_due(&self) -> Result<Option<i64>> {
        self.readers.read(outbox::next_due).await
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

    async fn revive(&self, id: Option<i64>, now: Timestamp) -> Result<u64> {
        self.writer.write(move |connection, _| outbox::revive(connection, id, now)).await
    }
}
