//! The embedded store.
//!
//! Owns opening the store and running units of work on it. Must not know what the tables mean: each submodule owns its
//! own tables.

mod accounts;
mod apply;
mod arrivals;
mod checkpointer;
mod columns;
mod connection_row;
mod connections;
mod connects;
mod deliveries;
mod epoch;
mod event_log;
pub(super) mod export;
mod file;
mod hash;
mod health;
mod inbox;
mod layout;
mod load;
mod mark;
mod mover;
mod moves;
mod outbox;
mod owners;
mod plan;
mod provider_keys;
mod readers;
mod refreshes;
mod restore;
mod row;
mod schema;
mod search;
mod server_lock;
mod sync_end;
mod sync_page;
mod syncs;
mod traits;
mod transactions;
mod unit;
mod user_changes;
mod users;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use super::epoch::Epochs;
use super::shared::Shared;
use super::{CommitSink, Error, FeedEvent, Result};
use crate::metrics::Commits;
use checkpointer::Checkpointer;
use health::Health;
use mark::Mark;
use mover::Mover;
use readers::Readers;
pub use server_lock::ServerLock;
use unit::Unit;
use writer::Writer;

/// A store in one SQLite file: one writer, which commits many jobs at once, and concurrent readers.
pub struct SqliteStore {
    writer: Arc<Writer>,
    mover: Arc<Mover>,
    readers: Readers,
    checkpointer: Option<Checkpointer>,
    health: Arc<Health>,
    shared: Arc<Shared>,
    /// The folder of a temporary store. It is removed with the store.
    _temporary: Option<TempDir>,
}

impl SqliteStore {
    /// Opens the file, creates it if it does not exist, and migrates its schema. Every commit's events go to `sink`.
    pub fn open(path: &Path, sink: CommitSink) -> Result<Self> {
        Self::open_file(path, sink).map_err(|error| match error {
            // The operator has to know which file it is.
            Error::Damaged(detail) => Error::Damaged(format!("{}: {detail}", path.display())),
            Error::Unavailable(detail) => Error::Unavailable(format!("{}: {detail}", path.display())),
            other => other,
        })
    }

    fn open_file(path: &Path, sink: CommitSink) -> Result<Self> {
        file::make_file(path)?;
        let mut connection = Connection::open(path)?;
        file::configure_writer(&connection)?;
        schema::migrate(&mut connection)?;
        file::trust_references(&connection)?;
        file::serve_from_here(&connection)?;
        Mark::of(path).check(&connection)?;
        let shared = Arc::new(Shared::new(Arc::new(Epochs::of(epoch::epoch(&connection)?))));
        let health = Arc::<Health>::default();
        let readers = Readers::open(path, Arc::clone(&health))?;
        let checkpointer = Some(Checkpointer::start(path, Arc::clone(&health))?);
        let writer = Arc::new(Writer::start(connection, sink, Arc::clone(&health))?);
        let mover = Arc::new(Mover::new(Arc::clone(&writer), Arc::clone(&shared)));
        Ok(Self { writer, mover, readers, checkpointer, health, shared, _temporary: None })
    }

    /// Copies the database at a path into a new file, in its present state, even while others write to it. Fails if the
    /// new file exists.
    pub fn copy(path: &Path, to: &Path) -> Result<()> {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        let name = to.to_str().ok_or(Error::Conflict("The file's name is not UTF-8 text"))?;
        file::make_new_file(to)?;
        let copied = connection.execute("VACUUM INTO ?1", [name]);
        if copied.is_err() {
            // The copy is empty or incomplete.
            let _ = std::fs::remove_file(to);
        }
        copied?;
        Ok(())
    }

    /// Replaces the database at a path with a copy, in a new epoch: clients that are ahead of the copy load everything
    /// again. The former database stays next to it, under the returned name. No server may be running on it.
    pub fn restore(copy: &Path, path: &Path) -> Result<Option<PathBuf>> {
        restore::restore(copy, path)
    }

    /// Sets whether every stored transaction is also put into the outbox.
    #[must_use]
    pub fn forwarding(self, forward: bool) -> Self {
        self.shared.set_forwards(forward);
        self
    }

    /// Sets whether a connection's transactions are deleted when its consent is withdrawn.
    #[must_use]
    pub fn purging_revoked(self, purge: bool) -> Self {
        self.shared.set_purges_revoked(purge);
        self
    }

    /// Counts the store's commits.
    #[must_use]
    pub fn counting(self, commits: Commits) -> Self {
        self.writer.count(commits);
        self
    }

    /// Runs a unit of work inside the next commit. Rows that are left to move or purge follow in the background, in separate
    /// small units.
    async fn unit<T, F>(&self, now: Timestamp, mut work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Unit<'_>) -> Result<T> + Send + 'static,
    {
        let shared = Arc::clone(&self.shared);
        let job = move |database: &Connection, events: &mut Vec<FeedEvent>| {
            work(&mut Unit::new(database, events, &shared, now))
        };
        let done = self.writer.write(job).await?;
        self.mover.start_if_needed(now);
        Ok(done)
    }

    /// Prunes one user's event log, a limited number of events in each commit.
    async fn prune_log(&self, owner: i64, older_than: Timestamp, keep_newest: u64) -> Result<usize> {
        let mut pruned = 0;
        loop {
            let job = move |connection: &Connection, _: &mut Vec<FeedEvent>| {
                event_log::prune(connection, owner, older_than, keep_newest)
            };
            match self.writer.write(job).await? {
                0 => return Ok(pruned),
                some => pruned += some,
            }
        }
    }

    /// Opens a store whose files are deleted when it is dropped.
    pub fn open_temporary(sink: CommitSink) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("tallywire-").tempdir();
        let folder =
            folder.map_err(|error| Error::Unavailable(format!("a temporary folder could not be created: {error}")))?;
        let mut store = Self::open(&folder.path().join("tallywire.db"), sink)?;
        store._temporary = Some(folder);
        Ok(store)
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.checkpointer.take();
        self.writer.stop();
    }
}
