//! What this node knows about the database's history.
//!
//! Owns the epochs that the node was in, and the newest events that it has seen, which reveal that the database has lost
//! the end of its log. Must not begin an epoch.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use sqlx::PgConnection;

use super::numbers::signed;
use crate::store::epoch::Epochs;
use crate::store::{FeedEvent, Result};

/// What this node knows about the database's history.
#[derive(Debug, Default)]
pub(super) struct History {
    pub(super) epochs: Arc<Epochs>,
    seen: Mutex<Seen>,
    has_timelines: AtomicBool,
}

/// The newest events seen in the database. One of each kind is enough, because the end of the log is lost as a whole.
#[derive(Clone, Debug, Default)]
struct Seen {
    /// The last event that this node committed.
    committed: Option<FeedEvent>,
    /// The last event that this node read from the log, with its time in milliseconds.
    read: Option<(i64, FeedEvent)>,
}

impl History {
    /// Whether the server reports its timeline.
    pub(super) fn has_timelines(&self) -> bool {
        self.has_timelines.load(Ordering::Relaxed)
    }

    pub(super) fn set_has_timelines(&self, has: bool) {
        self.has_timelines.store(has, Ordering::Relaxed);
    }

    /// Notes events that this node committed.
    pub(super) fn committed(&self, events: &[FeedEvent]) {
        if let Some(event) = events.last() {
            self.seen.lock().committed = Some(event.clone());
        }
    }

    /// Notes an event that was read from the log.
    pub(super) fn has_read(&self, at: i64, event: &FeedEvent) {
        let mut seen = self.seen.lock();
        let is_newer = |(newest, of): &(i64, FeedEvent)| at > *newest || of.epoch.is_before(&event.epoch);
        if seen.read.as_ref().is_none_or(is_newer) {
            seen.read = Some((at, event.clone()));
        }
    }

    /// Whether the database lacks an event that was seen in this epoch: then it has lost the end of its log without another
    /// sign. A pruned event does not count as missing.
    pub(super) async fn is_lost(&self, database: &mut PgConnection, epoch: &str) -> Result<bool> {
        let Seen { committed, read } = self.seen.lock().clone();
        for event in committed.into_iter().chain(read.map(|(_, event)| event)) {
            if *event.epoch == *epoch && !is_there(database, &event).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Whether an event is in the log as it was seen, or may have been pruned.
async fn is_there(database: &mut PgConnection, event: &FeedEvent) -> Result<bool> {
    let found: Option<(i64, Option<String>)> = sqlx::query_as(
        "SELECT o.seq, e.payload FROM owners o LEFT JOIN events e ON e.owner = o.id AND e.seq = $2 WHERE o.user_id = $1",
    )
    .bind(&*event.user_id)
    .bind(signed(event.seq))
    .fetch_optional(database)
    .await?;
    Ok(found.is_some_and(|(newest, payload)| {
        newest >= signed(event.seq) && payload.is_none_or(|payload| payload == event.payload.get())
    }))
}
