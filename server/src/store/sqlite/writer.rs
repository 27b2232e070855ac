//! The one connection that writes.
//!
//! Owns the thread that turns waiting jobs into one commit each time: what arrives during a commit
//! shares the next one, so that a disk's flush is paid once for all of them. Must not know what a job
//! does.

use std::panic::AssertUnwindSafe;
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::store::{CommitSink, Error, FeedEvent, Result};

/// How many jobs may wait. Beyond, a caller waits for a place and then gives up.
const QUEUE: usize = 4096;
/// How many jobs share a commit at most: a bound on the time to the first answer.
const BATCH: usize = 256;
/// How long a caller waits for a place in the queue.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a job has to tell when its commit has succeeded or failed.
type Reply = Box<dyn FnOnce(std::result::Result<(), &str>) + Send>;
type Job = Box<dyn FnOnce(&Connection, &mut Vec<FeedEvent>) -> Reply + Send>;

/// A handle to the writing thread.
pub(super) struct Writer {
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub(super) fn start(connection: Connection, sink: CommitSink) -> Result<Self> {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || run(&connection, receiver, &sink))
            .map_err(|error| Error::Unavailable(error.to_string()))?;
        Ok(Self { jobs: Mutex::new(Some(sender)), thread: Mutex::new(Some(thread)) })
    }

    /// Runs `job` inside the next commit; returns when that commit is on the disk. The events that
    /// it appended go out right after. Where it fails, nothing of it stays.
    pub(super) async fn write<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection, &mut Vec<FeedEvent>) -> Result<T> + Send + 'static,
    {
        let sender = self.jobs.lock().clone().ok_or_else(|| Error::Unavailable("it is closing".to_owned()))?;
        let place = tokio::time::timeout(PATIENCE, sender.reserve())
            .await
            .map_err(|_| Error::Unavailable("too many writes are waiting".to_owned()))?
            .map_err(|_| Error::Unavailable("the writer has stopped".to_owned()))?;
        let (reply, answer) = oneshot::channel();
        place.send(Box::new(move |connection, events| {
            let result = in_savepoint(connection, events, job);
            Box::new(move |committed| {
                let _ = reply.send(match committed {
                    Ok(()) => result,
                    Err(reason) => Err(Error::Unavailable(reason.to_owned())),
                });
            })
        }));
        answer.await.map_err(|_| Error::Unavailable("the write was not started".to_owned()))?
    }

    /// Lets the waiting jobs finish and ends the thread.
    pub(super) fn stop(&self) {
        self.jobs.lock().take();
        if let Some(thread) = self.thread.lock().take() {
            let _ = thread.join();
        }
    }
}

fn run(connection: &Connection, mut jobs: mpsc::Receiver<Job>, sink: &CommitSink) {
    let mut batch = Vec::with_capacity(BATCH);
    let mut events = Vec::new();
    while jobs.blocking_recv_many(&mut batch, BATCH) > 0 {
        let (replies, outcome) = commit_together(connection, &mut batch, &mut events);
        match outcome {
            Ok(()) => {
                if !events.is_empty() {
                    sink(std::mem::take(&mut events));
                }
                replies.into_iter().for_each(|reply| reply(Ok(())));
            }
            Err(error) => {
                events.clear();
                let reason = error.to_string();
                tracing::error!(error = %reason, jobs = replies.len(), "a commit failed");
                replies.into_iter().for_each(|reply| reply(Err(&reason)));
            }
        }
    }
}

fn commit_together(
    connection: &Connection,
    batch: &mut Vec<Job>,
    events: &mut Vec<FeedEvent>,
) -> (Vec<Reply>, rusqlite::Result<()>) {
    if let Err(error) = connection.execute_batch("BEGIN IMMEDIATE") {
        // A job that is dropped unrun tells its caller so.
        batch.clear();
        return (vec![], Err(error));
    }
    let replies = batch.drain(..).map(|job| job(connection, events)).collect();
    let outcome = connection.execute_batch("COMMIT").inspect_err(|_| {
        // A failed COMMIT may leave the transaction open.
        if !connection.is_autocommit() {
            let _ = connection.execute_batch("ROLLBACK");
        }
    });
    (replies, outcome)
}

/// Runs one job so that its failure, even a panic, undoes its own writes and nobody else's.
fn in_savepoint<T>(
    connection: &Connection,
    events: &mut Vec<FeedEvent>,
    job: impl FnOnce(&Connection, &mut Vec<FeedEvent>) -> Result<T>,
) -> Result<T> {
    let before = events.len();
    connection.prepare_cached("SAVEPOINT job")?.execute([])?;
    let result = std::panic::catch_unwind(AssertUnwindSafe(|| job(connection, events)))
        .unwrap_or_else(|_| Err(Error::Corrupt("a write panicked".to_owned())));
    if result.is_err() {
        events.truncate(before);
        connection.prepare_cached("ROLLBACK TO job")?.execute([])?;
    }
    connection.prepare_cached("RELEASE job")?.execute([])?;
    result
}
