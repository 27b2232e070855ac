//! Finishing moves and purges in the background.
//!
//! Owns that only one runs at a time, and that the work continues when the caller that started it has gone. Must not know
//! what a step does: `moves.rs` does.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::Connection;
use tokio::sync::Mutex;

use super::moves;
use super::unit::Unit;
use super::writer::Writer;
use crate::store::shared::Shared;
use crate::store::{FeedEvent, Result};

pub(super) struct Mover {
    writer: Arc<Writer>,
    shared: Arc<Shared>,
    running: Mutex<()>,
}

impl Mover {
    pub(super) fn new(writer: Arc<Writer>, shared: Arc<Shared>) -> Self {
        Self { writer, shared, running: Mutex::default() }
    }

    /// Starts in the background if a unit of work has left something to move or purge.
    pub(super) fn start_if_needed(self: &Arc<Self>, now: Timestamp) {
        if self.shared.take_moves() {
            let mover = Arc::clone(self);
            tokio::spawn(async move {
                // The database records what is left, and a job resumes it.
                if let Err(error) = mover.finish(now).await {
                    tracing::warn!(%error, "not all transactions of a connection have been moved or purged yet");
                }
            });
        }
    }

    /// Moves and purges until nothing is left, in small units of work.
    pub(super) async fn finish(&self, now: Timestamp) -> Result<()> {
        let _running = self.running.lock().await;
        loop {
            let shared = Arc::clone(&self.shared);
            let job = move |database: &Connection, events: &mut Vec<FeedEvent>| {
                moves::step(&mut Unit::new(database, events, &shared, now))
            };
            if !self.writer.write(job).await? {
                return Ok(());
            }
        }
    }
}
