//! Finishing moves and purges in the background.
//!
//! Owns that a node runs only one at a time, and that the work continues when the caller that started it has gone. Must not
//! know what a step does: `moves.rs` does.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::Mutex;

use super::moves;
use super::unit::{Units, in_unit};
use crate::store::Result;

pub(super) struct Mover {
    units: Units,
    running: Mutex<()>,
}

impl Mover {
    pub(super) fn new(units: Units) -> Self {
        Self { units, running: Mutex::default() }
    }

    /// Starts in the background if a unit of work has left something to move or purge.
    pub(super) fn start_if_needed(self: &Arc<Self>, now: Timestamp) {
        if self.units.shared.take_moves() {
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
        while in_unit!(self.units, now, |unit| moves::step(unit))? {}
        Ok(())
    }
}
