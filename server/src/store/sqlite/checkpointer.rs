//! Moving the write-ahead log into the database, beside the writer.
//!
//! Owns the thread that does so while deliveries go on; on the writer's own thread it would hold
//! every waiting delivery up for as long as a checkpoint takes. Must not write anything itself.

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

/// How often the log's length is looked at.
const EVERY: Duration = Duration::from_millis(100);
/// The pages from which on the log is moved: 256 MiB, half of the size to which the writer lets it grow. Each time
/// delays the commits beside it by its own flushes. A long log has most pages several times, and each is moved once:
/// with a quarter of it a webhook wrote more than twice as much (`docs/adr/0002-one-writer-many-readers.md`)
const WORTH_IT: i64 = 65_536;
/// The writer moves this many pages itself, between two commits.
const FEW: i64 = 512;
/// At most this many rounds are made to come down to these.
const ROUNDS: usize = 6;
/// How often it is noted how far the database has come.
const MARK_EVERY: Duration = Duration::from_secs(5);

/// The thread; it ends when this is dropped.
pub(super) struct Checkpointer {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    /// Where a commit has found no room, whatever can be moved makes some.
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
                    // What was begun is brought to its end, however little is left of it.
                    let worth_it = if health.take_tightness() || is_begun { 1 } else { WORTH_IT };
                    // A panic must not end the thread: the log would grow to the writer's own limit.
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
        tracing::debug!(%error, "it was not noted how far the database has come");
    }
}

/// Moves the log, where enough of it waits; whether some of it is left. Pages that commits add meanwhile are moved as
/// well, in ever smaller rounds, and the last few by the writer: it restarts the log only once none of it waits.
fn checkpoint(connection: &Connection, worth_it: i64, health: &Health) -> rusqlite::Result<bool> {
    // NOOP (SQLite 3.51) only reports how much there is.
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

/// Runs a checkpoint; how many pages are in the log that have not been moved.
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
