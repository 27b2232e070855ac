//! The connections for reads.
//!
//! Owns small pools of them (in WAL mode they read concurrently with the writer), each user's share of the pool for
//! queries, and how long a query may take. Must not know what is read.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::health::Health;
use crate::keyed_semaphore::KeyedSemaphore;
use crate::store::{Error, Result};

/// The number of readers for short reads that everything else waits for: sessions, and how far the logs reach.
const SHORT: usize = 2;
/// The number of readers for users' queries. Reads are short and the machine has few cores: more connections would only use
/// more cache.
const QUESTIONS: usize = 4;
/// The maximum number of them that a user may use at once.
const OF_A_USER: usize = 2;
/// How long a user's query waits for the user's other queries.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How long a query may take.
const BUDGET: Duration = Duration::from_secs(5);
/// How often this limit is checked, in steps of SQLite's virtual machine: some tens of microseconds.
const STEPS: i32 = 10_000;

pub(super) struct Readers {
    short: Pool,
    questions: Pool,
    users: KeyedSemaphore<String>,
    health: Arc<Health>,
}

impl Readers {
    pub(super) fn open(path: &Path, health: Arc<Health>) -> Result<Self> {
        let users = KeyedSemaphore::new(OF_A_USER);
        Ok(Self { short: Pool::open(path, SHORT)?, questions: Pool::open(path, QUESTIONS)?, users, health })
    }

    /// Runs a short query outside the runtime's threads, in one read transaction, so that it sees one moment.
    pub(super) async fn read<T, F>(&self, query: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        self.health.note(self.short.run(query).await)
    }

    /// The same for a query that a long history makes slow. It is cancelled after a while.
    pub(super) async fn answer<T, F>(&self, user_id: &str, question: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        let user_id = user_id.to_owned();
        let share = tokio::time::timeout(TIMEOUT, self.users.acquire(&user_id));
        let _share = share.await.map_err(|_| Error::Busy("Too many of your requests are in progress"))?;
        let answered = self.questions.run(move |connection| {
            let started = Instant::now();
            connection.progress_handler(STEPS, Some(move || started.elapsed() > BUDGET))?;
            let answer = question(connection);
            connection.progress_handler(0, None::<fn() -> bool>)?;
            answer
        });
        self.health.note(answered.await)
    }
}

struct Pool {
    free: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
}

impl Pool {
    fn open(path: &Path, size: usize) -> Result<Self> {
        let connections = (0..size).map(|_| super::file::open_reader(path)).collect::<Result<Vec<_>>>()?;
        Ok(Self { free: Arc::new(Mutex::new(connections)), permits: Arc::new(Semaphore::new(size)) })
    }

    async fn run<T, F>(&self, query: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        let closed = || Error::Unavailable("it is closing".to_owned());
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| closed())?;
        let free = Arc::clone(&self.free);
        let work = move || {
            let _permit = permit;
            let connection = free.lock().pop();
            let mut taken = Taken { connection, free };
            let connection = taken.connection.as_mut().ok_or_else(closed)?;
            connection.transaction().map_err(Error::from).and_then(|moment| query(&moment))
        };
        tokio::task::spawn_blocking(work).await.map_err(|error| Error::Unavailable(error.to_string()))?
    }
}

/// A connection in use. It is returned however the query ends, even by a panic.
struct Taken {
    connection: Option<Connection>,
    free: Arc<Mutex<Vec<Connection>>>,
}

impl Drop for Taken {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            // A panic may have left the handler set.
            let _ = connection.progress_handler(0, None::<fn() -> bool>);
            self.free.lock().push(connection);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readers() -> (Readers, tempfile::TempDir) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("t.db");
        let writer = Connection::open(&path).expect("a database");
        writer.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (n)").expect("a table");
        (Readers::open(&path, Arc::default()).expect("readers"), folder)
    }

    #[tokio::test]
    async fn a_read_that_panics_loses_no_connection() {
        let (readers, _folder) = readers();
        for _ in 0..2 * (SHORT + QUESTIONS) {
            assert!(readers.read::<(), _>(|_| panic!("a fault")).await.is_err());
            assert!(readers.answer::<(), _>("alice", |_| panic!("a fault")).await.is_err());
        }
        assert_eq!(readers.read(|_| Ok(1)).await.expect("read"), 1);
        assert_eq!(readers.answer("alice", |_| Ok(1)).await.expect("read"), 1);
        assert_eq!(readers.questions.free.lock().len(), QUESTIONS);
        assert_eq!(readers.short.free.lock().len(), SHORT);
    }

    #[tokio::test]
    async fn a_question_beyond_its_budget_is_given_up_and_the_next_has_a_budget_of_its_own() {
        let (readers, _folder) = readers();
        let endless = |connection: &Connection| {
            let endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n";
            Ok(connection.query_row(endless, [], |row| row.get::<_, i64>(0))?)
        };
        let started = Instant::now();
        assert!(matches!(readers.answer("alice", endless).await, Err(Error::Busy(_))));
        assert!(started.elapsed() < 2 * BUDGET, "{:?}", started.elapsed());
        assert_eq!(readers.answer("alice", |_| Ok(1)).await.expect("read"), 1);
    }
}
