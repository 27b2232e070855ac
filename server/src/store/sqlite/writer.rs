//! The one connection that writes.
//!
//! Owns the thread that runs all waiting jobs in one commit. Jobs that arrive during a commit share the next one, and so a
//! single flush of the disk. Must not know what a job does.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::health::Health;
use crate::metrics::Commits;
use crate::store::{CommitSink, Error, FeedEvent, Result};

/// How many jobs may wait. If the queue is full, a caller waits for a place, at most `QUEUE_TIMEOUT`.
const QUEUE: usize = 4096;
/// The maximum number of jobs in a commit. It bounds the time to the first answer.
const BATCH: usize = 256;
/// How long the last checkpoint waits for readers.
const CHECKPOINT_TIMEOUT: Duration = Duration::from_secs(1);
/// How long a caller waits for a place in the queue.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(5);

/// A handle to the writing thread.
pub(super) struct Writer {
    jobs: Mutex<Option<mpsc::Sender<Box<dyn Job>>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    counted: Arc<OnceLock<Commits>>,
    health: Arc<Health>,
}

/// Work inside a commit. It may run twice, but the writes of only one run are committed.
trait Job: Send {
    /// Runs the work; returns whether it succeeded.
    fn run(&mut self, connection: &Connection, events: &mut Vec<FeedEvent>) -> bool;

    /// Reports the outcome to the caller, after the commit has succeeded or failed.
    fn reply(self: Box<Self>, committed: std::result::Result<(), &str>);
}

/// The work is returned with the answer, so that the caller frees its data, and not the only thread that writes.
type Answer<T, F> = (Result<T>, F);

struct Call<T, F> {
    work: F,
    result: Result<T>,
    reply: oneshot::Sender<Answer<T, F>>,
}

impl<T, F> Job for Call<T, F>
where
    T: Send,
    F: FnMut(&Connection, &mut Vec<FeedEvent>) -> Result<T> + Send,
{
    fn run(&mut self, connection: &Connection, events: &mut Vec<FeedEvent>) -> bool {
        let before = events.len();
        let work = &mut self.work;
        self.result = std::panic::catch_unwind(AssertUnwindSafe(|| work(connection, events)))
            .unwrap_or_else(|_| Err(Error::Corrupt("a write panicked".to_owned())));
        if self.result.is_err() {
            events.truncate(before);
        }
        self.result.is_ok()
    }

    fn reply(self: Box<Self>, committed: std::result::Result<(), &str>) {
        let Self { result, reply, work } = *self;
        let answer = match committed {
            Ok(()) => result,
            Err(reason) => Err(Error::Unavailable(reason.to_owned())),
        };
        let _ = reply.send((answer, work));
    }
}

impl Writer {
    /// Starts the thread. It notes failed commits in `health`: most likely the disk is full, or the file is damaged.
    pub(super) fn start(connection: Connection, sink: CommitSink, health: Arc<Health>) -> Result<Self> {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let counted = Arc::<OnceLock<Commits>>::default();
        let (counting, noted) = (Arc::clone(&counted), Arc::clone(&health));
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || run(&connection, receiver, &sink, &counting, &noted))
            .map_err(|error| Error::Unavailable(error.to_string()))?;
        Ok(Self { jobs: Mutex::new(Some(sender)), thread: Mutex::new(Some(thread)), counted, health })
    }

    /// Counts commits from now on.
    pub(super) fn count(&self, commits: Commits) {
        let _ = self.counted.set(commits);
    }

    /// Runs `work` inside the next commit; returns when that commit is on the disk. Its events are published right after the
    /// commit. If it fails, none of its writes are kept.
    pub(super) async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&Connection, &mut Vec<FeedEvent>) -> Result<T> + Send + 'static,
    {
        let sender = self.jobs.lock().clone().ok_or_else(|| Error::Unavailable("it is closing".to_owned()))?;
        // The sender is not held while the answer is awaited, because the thread ends when the last one is dropped.
        let place = tokio::time::timeout(QUEUE_TIMEOUT, sender.reserve_owned())
            .await
            .map_err(|_| Error::Unavailable("too many writes are waiting".to_owned()))?
            .map_err(|_| Error::Unavailable("the writer has stopped".to_owned()))?;
        let (reply, answer) = oneshot::channel();
        let result = Err(Error::Unavailable("the write was not run".to_owned()));
        drop(place.send(Box::new(Call { work, result, reply })));
        let (result, _) = answer.await.map_err(|_| Error::Unavailable("the writer has stopped".to_owned()))?;
        self.health.note(result)
    }

    /// Accepts no more jobs, and waits until those in the queue have finished.
    pub(super) async fn close(&self) {
        self.jobs.lock().take();
        while self.thread.lock().as_ref().is_some_and(|thread| !thread.is_finished()) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The same, but blocks the caller until the thread has ended.
    pub(super) fn stop(&self) {
        self.jobs.lock().take();
        if let Some(thread) = self.thread.lock().take() {
            let _ = thread.join();
        }
    }
}

fn run(
    connection: &Connection,
    mut jobs: mpsc::Receiver<Box<dyn Job>>,
    sink: &CommitSink,
    counted: &OnceLock<Commits>,
    health: &Health,
) {
    let mut batch = Vec::with_capacity(BATCH);
    let mut events = Vec::new();
    let mut is_failing = false;
    while jobs.blocking_recv_many(&mut batch, BATCH) > 0 {
        let started = Instant::now();
        let committed = commit_together(connection, &mut batch, &mut events);
        if let Some(counted) = counted.get() {
            counted.committed(batch.len(), started.elapsed());
        }
        match committed {
            Ok(()) => {
                if std::mem::take(&mut is_failing) {
                    tracing::warn!("commits succeed again");
                }
                if !events.is_empty() {
                    sink(std::mem::take(&mut events));
                }
                batch.drain(..).for_each(|job| job.reply(Ok(())));
                if health.take_log_to_finish() {
                    checkpoint(connection, "PRAGMA wal_checkpoint(PASSIVE)");
                }
            }
            Err(error) => {
                events.clear();
                // A failed COMMIT may leave the transaction open.
                if !connection.is_autocommit() {
                    let _ = connection.execute_batch("ROLLBACK");
                }
                let reason = error.to_string();
                health.note_tightness();
                let _ = health.note(Err::<(), _>(Error::from(error)));
                // Logged once per outage, because a line for every refused delivery would make a full disk worse.
                if !std::mem::replace(&mut is_failing, true) {
                    tracing::error!(error = %reason, "commits fail: deliveries are refused until they succeed again");
                }
                batch.drain(..).for_each(|job| job.reply(Err(&reason)));
            }
        }
    }
    // After a stop, the database file alone contains everything and can be copied.
    let _ = connection.busy_timeout(CHECKPOINT_TIMEOUT);
    checkpoint(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
}

fn checkpoint(connection: &Connection, pragma: &str) {
    if let Err(error) = connection.query_row(pragma, [], |_| Ok(())) {
        tracing::debug!(%error, "the log was not moved into the database");
    }
}

/// Runs every job and commits. A job that fails has usually written nothing, and the others continue. If it has written, all
/// jobs are rolled back and run again, each in a separate savepoint, so that only the failing job's writes are lost.
/// (Savepoints for all jobs from the start cost a third of the throughput.)
///
/// SQLite may roll back the whole transaction on a full disk, an I/O error or a lack of memory
/// (<https://sqlite.org/lang_transaction.html>, "Response To Errors Within A Transaction"). Each later statement would then be
/// its own transaction, so the whole batch fails.
fn commit_together(
    connection: &Connection,
    batch: &mut [Box<dyn Job>],
    events: &mut Vec<FeedEvent>,
) -> rusqlite::Result<()> {
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    let is_clean = batch.iter_mut().all(|job| {
        let before = connection.total_changes();
        let goes_on = job.run(connection, events) || connection.total_changes() == before;
        goes_on && !connection.is_autocommit()
    });
    if !is_clean {
        // Fails if SQLite has rolled back already. Then the whole batch fails.
        connection.execute_batch("ROLLBACK")?;
        connection.execute_batch("BEGIN IMMEDIATE")?;
        events.clear();
        for job in batch {
            connection.execute_batch("SAVEPOINT job")?;
            if !job.run(connection, events) {
                connection.execute_batch("ROLLBACK TO job")?;
            }
            connection.execute_batch("RELEASE job")?;
        }
    }
    connection.prepare_cached("COMMIT")?.execute([])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writer() -> Writer {
        let connection = Connection::open_in_memory().expect("a database");
        connection.execute_batch("CREATE TABLE t (n INTEGER PRIMARY KEY)").expect("a table");
        Writer::start(connection, Box::new(|_| {}), Arc::default()).expect("a writer")
    }

    fn insert(connection: &Connection, number: i64) -> Result<()> {
        connection.execute("INSERT INTO t VALUES (?1)", [number])?;
        Ok(())
    }

    /// Runs jobs that all share one batch: they are queued while another job runs.
    async fn together<T>(writer: &Writer, jobs: impl Future<Output = T>) -> T {
        let (started, has_started) = std::sync::mpsc::channel();
        let (release, released) = std::sync::mpsc::channel::<()>();
        let holds = writer.write(move |_, _| {
            let _ = started.send(());
            let _ = released.recv();
            Ok(())
        });
        let mut holds = std::pin::pin!(holds);
        assert!(futures_util::poll!(holds.as_mut()).is_pending());
        has_started.recv().expect("the writer runs");
        // The jobs are polled first, so they are queued before the held one is released.
        let (done, held, ()) = tokio::join!(jobs, holds, async { drop(release) });
        held.expect("a job");
        done
    }

    /// The stored numbers.
    async fn stored(writer: &Writer) -> Vec<i64> {
        let read = writer.write(|connection, _| {
            let mut statement = connection.prepare("SELECT n FROM t ORDER BY n")?;
            let rows = statement.query_map([], |row| row.get::<_, i64>(0))?;
            Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?)
        });
        read.await.expect("read")
    }

    #[tokio::test]
    async fn where_sqlite_ends_the_transaction_by_itself_nothing_of_the_batch_stays() {
        let writer = writer();
        // As on a full disk: the statement fails, the transaction is rolled back, and the job has written nothing.
        let fails = writer.write(|connection, _| {
            connection.execute_batch("ROLLBACK")?;
            Err::<(), _>(Error::Unavailable("the disk is full".to_owned()))
        });
        let good = |number| writer.write(move |connection, _| insert(connection, number));
        let (first, failed, second) = together(&writer, async { tokio::join!(good(1), fails, good(2)) }).await;
        assert!(first.is_err() && failed.is_err() && second.is_err());
        good(3).await.expect("the next batch goes on");
        assert_eq!(stored(&writer).await, [3]);
    }

    #[tokio::test]
    async fn a_job_that_fails_or_panics_after_writing_takes_nobody_with_it() {
        let writer = writer();
        let good = |number| writer.write(move |connection, _| insert(connection, number));
        let fails = writer.write(|connection, _| {
            insert(connection, 100)?;
            Err::<(), _>(Error::Conflict("no"))
        });
        let panics = writer.write(|connection, _| {
            insert(connection, 200)?;
            assert!(connection.is_autocommit(), "a job runs inside a transaction");
            Ok(())
        });
        let jobs = async { tokio::join!(good(1), fails, good(2), panics, good(3)) };
        let (first, failed, second, panicked, third) = together(&writer, jobs).await;
        assert!(first.is_ok() && second.is_ok() && third.is_ok());
        assert!(matches!(failed, Err(Error::Conflict(_))) && matches!(panicked, Err(Error::Corrupt(_))));
        assert_eq!(stored(&writer).await, [1, 2, 3]);
    }
}
