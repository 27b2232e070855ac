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
use std::sync::atomic::AtomicBool;

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use super::{CommitSink, Error, FeedEvent, Result};
use crate::metrics::Commits;
use checkpointer::Checkpointer;
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
    /// Whether transactions are to be sent to a core app as well.
    forward: bool,
    /// The folder to remove with the store, where the data is not to be kept.
    _temporary: Option<TempDir>,
}

impl SqliteStore {
    /// Opens the file, made where there is none, and brings its schema up to date. Every commit's
    /// events go to `sink`.
    pub fn open(path: &Path, sink: CommitSink) -> Result<Self> {
        make_file(path)?;
        let mut connection = Connection::open(path)?;
        configure_writer(&connection)?;
        migrate(&mut connection)?;
        let readers = Readers::open(path)?;
        let is_tight = Arc::<AtomicBool>::default();
        let checkpointer = Some(Checkpointer::start(path, Arc::clone(&is_tight))?);
        let writer = Writer::start(connection, sink, is_tight)?;
        Ok(Self { writer, readers, checkpointer, forward: false, _temporary: None })
    }

    /// Copies the database at a path as it is now into a new file, whoever writes to it meanwhile.
    pub fn copy(path: &Path, to: &Path) -> Result<()> {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        make_file(to)?;
        let to = to.to_str().ok_or(Error::Conflict("The file's name is no text"))?;
        connection.execute("VACUUM INTO ?1", [to])?;
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
    let failed = |error: std::io::Error| Error::Unavailable(format!("{}: {error}", path.display()));
    let (mut folders, mut file) = (std::fs::DirBuilder::new(), std::fs::OpenOptions::new());
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
        folders.mode(0o700);
        file.mode(0o600);
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        folders.recursive(true).create(folder).map_err(failed)?;
    }
    file.write(true).create(true).truncate(false).open(path).map_err(failed)?;
    Ok(())
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
    let version: usize = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version > MIGRATIONS.len() {
        return Err(Error::Corrupt(format!("its schema has version {version}, made by a newer release")));
    }
    search::add_function(connection)?;
    for (index, migration) in MIGRATIONS.iter().enumerate().skip(version) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", index + 1)?;
        transaction.commit()?;
    }
    Ok(())
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
