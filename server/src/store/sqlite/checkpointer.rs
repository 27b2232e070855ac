//! Moving the write-ahead log into the database, concurrently with the writer.
//!
//! Owns the thread that does so while deliveries continue; on the writer's thread, a checkpoint would delay every waiting
//! delivery for as long as it takes. Must not write anything itself.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::health::Health;
use super::mark::Mark;
use crate::store::{Error, Result};

/// How often the log's length is checked.
const EVERY: Duration = Duration::from_millis(100);
/// The number of pages at which a checkpoint starts: 256 MiB, half of the size to which the writer lets the log grow. The
/// flushes of a checkpoint delay concurrent commits. A long log contains most pages several times, and each is moved once:
/// with a quarter of this size, a webhook wrote more than twice as much (`docs/adr/0002-one-writer-many-readers.md`).
const WORTH_IT: i64 = 65_536;
/// The writer itself moves up to this many remaining pages, between two commits.
const FEW: i64 = 512;
/// The maximum number of rounds to get down to that.
const ROUNDS: usize = 6;
/// How often the mark is written.
const MARK_EVERY: Duration = Duration::from_secs(5);

/// The checkpoint thread; it ends when this is dropped.
pub(super) struct Checkpointer {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    /// Starts the thread. After a failed commit it moves any number of pages: the disk may be full, and that frees space.
    pub(super) fn start(path: &Path, health: Arc<Health>) -> Result<Self> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(Duration::from_secs(1))?;
        let mut mark = Mark::of(path);
        let (stop, stopped) = channel();
        let thread = std::thread::Builder::new()
            .name("store-checkpoint".to_owned())
            .spawn(move || {
                let (mut marked, mut is_begun) = (Instant::now(), false);
                while stopped.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                    // A checkpoint that has started runs to completion, however few pages are left.
                    let worth_it = if health.take_tightness() || is_begun { 1 } else { WORTH_IT };
                    // A panic must not end the thread: the log would grow to the writer's limit.
                    match catch_unwind(AssertUnwindSafe(|| checkpoint(&connection, worth_it, &health))) {
                        Ok(Ok(is_left)) => is_begun = is_left,
                        Ok(Err(error)) => tracing::debug!(%error, "a checkpoint failed"),
                        Err(_) => tracing::error!("a checkpoint panicked"),
                    }
                    if marked.elapsed() >= MARK_EVERY {
                        note(mark.write(&connection));
                        marked = Instant::now();
                    }
                }
                note(mark.write(&connection));
            })
            .map_err(|error| Error::Unavailable(error.to_string()))?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

fn note(marked: Result<()>) {
    if let Err(error) = marked {
        tracing::debug!(%error, "the mark of how far the database has advanced could not be written");
    }
}

/// Moves the log's pages if there are enough; returns whether some are left. Pages that commits add meanwhile are moved in
/// ever smaller rounds, and the last few by the writer, because it restarts the log only once every page has been moved.
fn checkpoint(connection: &Connection, worth_it: i64, health: &Health) -> rusqlite::Result<bool> {
    // NOOP (SQLite 3.51) only reports the number of pages.
    if waiting(connection, "PRAGMA wal_checkpoint(NOOP)")? < worth_it {
        return Ok(false);
    }
    for _ in 0..ROUNDS {
        // PASSIVE neither waits nor blocks. FULL would block the commits until the last read has ended.
        let left = waiting(connection, "PRAGMA wal_checkpoint(PASSIVE)")?;
        if left <= FEW {
            health.have_log_finished();
            return Ok(left > 0);
        }
    }
    Ok(true)
}

/// Runs a checkpoint; returns how many pages of the log have not been moved.
fn waiting(connection: &Connection, pragma: &str) -> rusqlite::Result<i64> {
    connection.query_row(pragma, [], |row| Ok(row.get::<_, i64>(1)? - row.get::<_, i64>(2)?))
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
