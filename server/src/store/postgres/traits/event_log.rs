//! The trait for the event log over its table.
//!
//! Owns the choice between a unit of work and a read. Must not hold a statement.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::watch;

use super::super::lent::read;
use super::super::unit::in_unit;
use super::super::{PostgresStore, event_log};
use crate::store::{Epoch, EventLog, FeedEvent, LogEnds, Result};

#[async_trait]
impl EventLog for PostgresStore {
    fn epoch(&self) -> Epoch {
        self.units.history.epochs.current()
    }

    fn epoch_changes(&self) -> watch::Receiver<Epoch> {
        self.units.history.epochs.changes()
    }

    async fn log_ends(&self, user_id: Arc<str>) -> Result<LogEnds> {
        let mut database = self.pool.acquire().await?;
        read(event_log::ends(&mut database, &self.units.history, &user_id)).await
    }

    async fn log_ends_of(&self, users: Vec<Arc<str>>) -> Result<Vec<LogEnds>> {
        let users: Vec<&str> = users.iter().map(AsRef::as_ref).collect();
        let mut database = self.pool.acquire().await?;
        read(event_log::ends_of(&mut database, &self.units.history, &users)).await
    }

    async fn newest_events(&self, users: Vec<Arc<str>>) -> Result<Vec<u64>> {
        let mut database = self.pool.acquire().await?;
        read(event_log::newest(&mut database, &self.units.history, &users)).await
    }

    async fn events_after(&self, user_id: Arc<str>, after: u64, limit: u32) -> Result<Vec<FeedEvent>> {
        let mut question = self.readers.statement(&user_id).await?;
        read(event_log::after(&mut question.database, &self.units.history, &user_id, after, limit)).await
    }

    async fn events_of_users(&self, users: Vec<(Arc<str>, u64)>, limit: u32) -> Result<Vec<FeedEvent>> {
        let mut database = self.pool.acquire().await?;
        read(event_log::of_users(&mut database, &self.units.history, &users, limit)).await
    }

    async fn prune_events(&self, older_than: Timestamp, keep_newest: u64) -> Result<usize> {
        let (mut pruned, mut after) = (0, 0);
        loop {
            let mut database = self.pool.acquire().await?;
            let overdue = read(event_log::overdue(&mut database, older_than, keep_newest, after)).await?;
            drop(database);
            let Some(last) = overdue.last() else { return Ok(pruned) };
            after = *last;
            for owner in overdue {
                // In small steps, each in its own unit of work.
                loop {
                    let some: Result<_> = in_unit!(self, older_than, |unit| {
                        event_log::prune(&mut unit.database, owner, older_than, keep_newest)
                    });
                    match some? {
                        0 => break,
                        some => pruned += some,
                    }
                }
            }
        }
    }
}
