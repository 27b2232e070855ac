//! The trait for the event log over its table.
//!
//! Owns the choice between the writer and a reader. Must not hold a statement.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::watch;

use super::super::{SqliteStore, event_log};
use crate::store::{Epoch, EventLog, FeedEvent, LogEnds, Result};

#[async_trait]
impl EventLog for SqliteStore {
    fn epoch(&self) -> Epoch {
        self.shared.epochs.current()
    }

    fn epoch_changes(&self) -> watch::Receiver<Epoch> {
        self.shared.epochs.changes()
    }

    async fn log_ends(&self, user_id: Arc<str>) -> Result<LogEnds> {
        let epoch = self.epoch();
        self.readers.read(move |connection| event_log::ends(connection, &epoch, &user_id)).await
    }

    async fn log_ends_of(&self, users: Vec<Arc<str>>) -> Result<Vec<LogEnds>> {
        let epoch = self.epoch();
        self.readers
            .read(move |connection| users.iter().map(|user| event_log::ends(connection, &epoch, user)).collect())
            .await
    }

    async fn newest_events(&self, users: Vec<Arc<str>>) -> Result<Vec<u64>> {
        self.readers
            .read(move |connection| users.iter().map(|user| event_log::newest_seq(connection, user)).collect())
            .await
    }

    async fn events_after(&self, user_id: Arc<str>, after: u64, limit: u32) -> Result<Vec<FeedEvent>> {
        let (owner, epoch) = (Arc::clone(&user_id), self.epoch());
        let question =
            move |connection: &rusqlite::Connection| event_log::after(connection, &epoch, &user_id, after, limit);
        self.readers.answer(&owner, question).await
    }

    async fn events_of_users(&self, users: Vec<(Arc<str>, u64)>, limit: u32) -> Result<Vec<FeedEvent>> {
        let mut events = vec![];
        for (user_id, after) in users {
            events.extend(self.events_after(user_id, after, limit).await?);
        }
        Ok(events)
    }

    async fn prune_events(&self, older_than: Timestamp, keep_newest: u64) -> Result<usize> {
        let (mut pruned, mut after) = (0, 0);
        loop {
            let page =
                move |connection: &rusqlite::Connection| event_log::overdue(connection, older_than, keep_newest, after);
            let overdue = self.readers.read(page).await?;
            let Some(last) = overdue.last() else { return Ok(pruned) };
            after = last.id;
            for owner in overdue {
                pruned += self.prune_log(owner.id, older_than, keep_newest).await?;
            }
        }
    }
}
