//! The embedded store.
//!
//! Owns opening the file, its durability settings and its schema's versions. Must not know what the
//! tables mean: each neighbour owns its own.

mod accounts;
mod apply;
mod checkpointer;
mod connections;
mod deliveries;
mod feed;
mod health;
mod inbox;
mod inbox_store;
mod outbox;
mod outbox_store;
mod readers;
mod search;
mod store;
mod transactions;
mod users;
mod writer;

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use tempfile::TempDir;

use super::{CommitSink, Error, FeedEvent, Result};
use crate::metrics::Commits;
use checkpointer::Checkpointer;
use health::Health;
use readers::Readers;
use writer::Writer;

/// Each brings the schema from the version before to its own.
const MIGRATIONS: [&str; 11] = [
    include_str!("../../../migrations/sqlite/0001_init.sql"),
    include_str!("../../../migrations/sqlite/0002_outbox.sql"),
    include_str!("../../../migrations/sqlite/0003_delivery_latency.sql"),
    include_str!("../../../migrations/sqlite/0004_stuck_deliveries.sql"),
    include_str!("../../../migrations/sqlite/0005_owners.sql"),
    include_str!("../../../migrations/sqlite/0006_forgetting.sql"),
    include_str!("../../../migrations/sqlite/0007_probe.sql"),
    include_str!("../../../migrations/sqlite/0008_unpaused.sql"),
    include_str!("../../../migrations/sqlite/0009_deleted_connections.sql"),
    include_str!("../../../migrations/sqlite/0010_search.sql"),
    include_str!("../../../migrations/sqlite/0011_days.sql"),
];

/// A store in one SQLite file: one writer that commits many jobs at once, and readers beside it.
pub struct SqliteStore {
    writer: Writer,
    readers: Readers,
    checkpointer: Option<Checkpointer>,
    health: Arc<Health>,
    /// Whether transactions are to be sent to a core app as well.
    forward: bool,
    /// The folder to remove with the store, where the data is not to be kept.
    _temporary: Option<TempDir>,
}

impl SqliteStore {
    /// Opens the file, made where there is none, and brings its schema up to date. Every commit's
    /// events go to `sink`.
    pub fn open(path: &Path, sink: CommitSink) -> Result<Self> {
        Self::open_file(path, sink).map_err(|error| match error {
            // Whoever starts a server wants to know which file it is.
            Error::Damaged(detail) => Error::Damaged(format!("{}: {detail}", path.display())),
            Error::Unavailable(detail) => Error::Unavailable(format!("{}: {detail}", path.display())),
            other => other,
        })
    }

    fn open_file(path: &Path, sink: CommitSink) -> Result<Self> {
        make_file(path)?;
        let mut connection = Connection::open(path)?;
        configure_writer(&connection)?;
        migrate(&mut connection)?;
        let health = Arc::<Health>::default();
        let readers = Readers::open(path, Arc::clone(&health))?;
        let checkpointer = Some(Checkpointer::start(path, Arc::clone(&health))?);
        let writer = Writer::start(connection, sink, Arc::clone(&health))?;
        Ok(Self { writer, readers, checkpointer, health, forward: false, _temporary: None })
    }

    /// Copies the database at a path as it is now into a new file, whoever writes to it meanwhile. A file that is
    /// there already is left alone.
    pub fn copy(path: &Path, to: &Path) -> Result<()> {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        let name = to.to_str().ok_or(Error::Conflict("The file's name is not a text"))?;
        make_new_file(to)?;
        let copied = connection.execute("VACUUM INTO ?1", [name]);
        if copied.is_err() {
            // It holds nothing, or not everything.
            let _ = std::fs::remove_file(to);
        }
        copied?;
        Ok(())
    }

    /// Makes every stored transaction wait in the outbox as well.
    #[must_use]
    pub fn forwarding(mut self, forward: bool) -> Self {
        self.forward = forward;
        self
    }

    /// Counts its commits.
    #[must_use]
    pub fn counting(self, commits: Commits) -> Self {
        self.writer.count(commits);
        self
    }

    /// Keeps one user's event log to its size.
    async fn prune_log(&self, user_id: String, older_than: Timestamp, keep_newest: u64) -> Result<usize> {
        let mut pruned = 0;
        loop {
            let user_id = user_id.clone();
            let job = move |connection: &Connection, _: &mut Vec<FeedEvent>| {
                feed::prune(connection, &user_id, older_than, keep_newest)
            };
            match self.writer.write(job).await? {
                0 => return Ok(pruned),
                some => pruned += some,
            }
        }
    }

    /// Opens a store that is gone when it is dropped.
    pub fn open_temporary(sink: CommitSink) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("tallywire-").tempdir();
        let folder = folder.map_err(|error| Error::Unavailable(format!("a temporary folder: {error}")))?;
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

/// Makes a file where there is none, with its folder: nobody else on the machine may read it.
fn make_file(path: &Path) -> Result<()> {
    let made = make_folder(path).and_then(|()| private_file().create(true).truncate(false).open(path));
    made.map(drop).map_err(|error| Error::Unavailable(error.to_string()))
}

/// Makes a file for a copy, where there is none.
fn make_new_file(path: &Path) -> Result<()> {
    let made = make_folder(path).and_then(|()| private_file().create_new(true).open(path));
    made.map(drop).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Error::Conflict("The file exists already: choose another name"),
        _ => Error::Unavailable(format!("{}: {error}", path.display())),
    })
}

fn make_folder(of: &Path) -> std::io::Result<()> {
    let mut folders = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folders, 0o700);
    match of.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => folders.recursive(true).create(folder),
        None => Ok(()),
    }
}

fn private_file() -> std::fs::OpenOptions {
    let mut file = std::fs::OpenOptions::new();
    file.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
    file
}

/// WAL with `synchronous=FULL`: a commit has reached the disk when it returns.
fn configure_writer(connection: &Connection) -> Result<()> {
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    // The journal of a job's savepoint is needed until the job ends: on the disk it would cost twice as
    // many writes as the log itself, and leave data in a folder for temporary files.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // 64 MiB of pages each in the cache and in the log. The checkpointer moves the log beside the
    // writer; the writer itself only where that falls behind.
    connection.pragma_update(None, "cache_size", -65_536)?;
    connection.pragma_update(None, "wal_autocheckpoint", 16_384)?;
    // A long read keeps the log from being begun anew, and lets it grow: it is cut to this when the read has ended.
    connection.pragma_update(None, "journal_size_limit", 67_108_864)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

fn open_reader(path: &Path) -> Result<Connection> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.pragma_update(None, "cache_size", -8192)?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(connection)
}

fn migrate(connection: &mut Connection) -> Result<()> {
    search::add_function(connection)?;
    while migrate_once(connection)? {}
    Ok(())
}

/// Brings the schema one version further; whether there was one. The version is read under the lock for writing: another
/// server may be starting on the same file.
fn migrate_once(connection: &mut Connection) -> Result<bool> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: usize = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version > MIGRATIONS.len() {
        return Err(Error::Corrupt(format!("its schema has version {version}, made by a newer release")));
    }
    let Some(migration) = MIGRATIONS.get(version) else { return Ok(false) };
    transaction.execute_batch(migration)?;
    transaction.pragma_update(None, "user_version", version + 1)?;
    transaction.commit()?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_of_an_earlier_release_keeps_its_rows() {
        let mut connection = Connection::open_in_memory().expect("a database");
        for migration in &MIGRATIONS[..4] {
            connection.execute_batch(migration).expect("migrated");
        }
        connection.pragma_update(None, "user_version", 4).expect("set");
        connection
            .execute_batch(
                "INSERT INTO connections VALUES ('basiq', 'c1', 'alice', NULL, NULL, 'active', 0);
                 INSERT INTO transactions VALUES (7, 'alice', 'basiq', 'c1', 'a1', 't1', 0, '-1', 'AUD', 'expense', '', 3, '{}');
                 INSERT INTO tombstones VALUES ('basiq', 'c1', 'a1', 't2', 0), ('basiq', 'gone', 'a1', 't3', 0);",
            )
            .expect("filled");
        migrate(&mut connection).expect("migrated");
        let texts = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, String>(0)).expect("a row");
        assert_eq!(texts("SELECT group_concat(id || user_id || transaction_id) FROM transactions"), "7alicet1");
        assert_eq!(texts("SELECT group_concat(user_id || transaction_id) FROM tombstones"), "alicet2");
    }

    #[test]
    fn rows_of_an_earlier_release_are_found_by_the_rule_of_today_and_keep_their_days() {
        let mut connection = Connection::open_in_memory().expect("a database");
        for migration in &MIGRATIONS[..9] {
            connection.execute_batch(migration).expect("migrated");
        }
        connection.pragma_update(None, "user_version", 9).expect("set");
        let body = |date: &str, text: &str| format!(r#"{{"date":"{date}","description":"{text}","merchant":"Shop"}}"#);
        for (id, body) in [
            ("t1", body("2025-11-13T00:00:00Z", "\u{130}STANBUL Stra\u{df}e")),
            ("t2", body("2025-11-13T10:00:00Z", "Cafe\u{301}")),
            ("t3", "{}".to_owned()),
        ] {
            let sql = "INSERT INTO transactions VALUES (NULL, 'alice', 'basiq', 'c1', 'a1', ?1, 0, '-1', 'AUD', 'expense', 'old', 3, ?2)";
            connection.execute(sql, [id, &body]).expect("filled");
        }
        migrate(&mut connection).expect("migrated");
        let mut statement = connection.prepare("SELECT is_day, search FROM transactions ORDER BY id").expect("a query");
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("rows");
        let rows: Vec<(bool, String)> = rows.collect::<rusqlite::Result<_>>().expect("rows");
        let expected = [(true, "istanbul strasse\nshop"), (false, "cafe\nshop"), (false, "")];
        assert_eq!(rows, expected.map(|(is_day, search)| (is_day, search.to_owned())));
    }
}
