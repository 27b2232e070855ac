//! The database's file.
//!
//! Owns creating it, its permissions, and its connections' settings. Must not know a table.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::store::{Error, Result};

/// Creates a file and its folder if they do not exist. No other user of the machine may read it.
pub(super) fn make_file(path: &Path) -> Result<()> {
    let made = make_folder(path).and_then(|()| private_file().create(true).truncate(false).open(path));
    made.map(drop).map_err(|error| Error::Unavailable(error.to_string()))
}

/// Creates a file for a copy; fails if it exists.
pub(super) fn make_new_file(path: &Path) -> Result<()> {
    let made = make_folder(path).and_then(|()| private_file().create_new(true).open(path));
    made.map(drop).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Error::Conflict("The file exists already: choose another name"),
        _ => Error::Unavailable(format!("{}: {error}", path.display())),
    })
}

/// The path of a file beside the database, whose name begins with the database's.
pub(super) fn with(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
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

/// How long a starting server waits for another one on the same file, which may be migrating it.
const START_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a connection of a running server waits for a lock.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// WAL with `synchronous=FULL`: when a commit returns, it has reached the disk.
///
/// Until [`serve_from_here`], the connection waits for locks as long as a starting server does.
pub(super) fn configure_writer(connection: &Connection) -> Result<()> {
    connection.busy_timeout(START_TIMEOUT)?;
    use_write_ahead_log(connection)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    // The journal of a job's savepoint is needed until the job ends. On disk, it would cost twice as many writes as the log
    // itself, and leave data in a temporary folder.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // A page cache of 64 MiB. The checkpointer moves the log concurrently with the writer; the writer does so only if the
    // checkpointer falls behind, at 512 MiB.
    connection.pragma_update(None, "cache_size", -65_536)?;
    connection.pragma_update(None, "wal_autocheckpoint", 131_072)?;
    // A long read keeps the log from being restarted and lets it grow. When the read has ended, it is truncated to 256 MiB.
    connection.pragma_update(None, "journal_size_limit", 268_435_456)?;
    connection.set_prepared_statement_cache_capacity(64);
    plan_once(connection)?;
    Ok(())
}

/// Retries in a loop, because SQLite calls its busy handler for most locks, but not for the one that changes the journal
/// mode: it reads the mode first, and a reader that becomes a writer is refused at once.
#[expect(clippy::disallowed_methods, reason = "a store is opened before there is a runtime to wait on")]
fn use_write_ahead_log(connection: &Connection) -> Result<()> {
    let given_up = Instant::now() + START_TIMEOUT;
    loop {
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && Instant::now() < given_up => {
                std::thread::sleep(Duration::from_millis(10));
            }
            done => return Ok(done?),
        }
    }
}

/// Shortens the lock timeout after migration: from now on, locks are held for milliseconds.
pub(super) fn serve_from_here(connection: &Connection) -> Result<()> {
    Ok(connection.busy_timeout(LOCK_TIMEOUT)?)
}

/// Turns off foreign-key checks except in debug builds, which includes all tests. Checking costs a webhook a tenth of its
/// processor time, and the rows that a row refers to are created in the same unit of work.
pub(super) fn trust_references(connection: &Connection) -> Result<()> {
    Ok(connection.pragma_update(None, "foreign_keys", cfg!(debug_assertions))?)
}

/// Opens a connection that reads concurrently with the writer.
pub(super) fn open_reader(path: &Path) -> Result<Connection> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(LOCK_TIMEOUT)?;
    connection.pragma_update(None, "cache_size", -8192)?;
    connection.set_prepared_statement_cache_capacity(32);
    plan_once(&connection)?;
    Ok(connection)
}

/// Plans a statement once, when it is prepared, whatever values are bound later. Otherwise, SQLite parses and plans every
/// statement with `LIMIT ?` again each time a number is bound (`sqlite3ExprIsInteger` in 3.51), for a better plan that no
/// statement here has: at a sign-in with `since`, that is a twelfth of the processor time.
fn plan_once(connection: &Connection) -> Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;

    #[test]
    fn a_statement_is_not_planned_again_when_another_number_is_bound() {
        let connection = Connection::open_in_memory().expect("a database");
        plan_once(&connection).expect("a setting");
        let mut statement = connection
            .prepare("WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) SELECT i FROM n LIMIT ?1")
            .expect("a statement");
        for limit in [1, 2, 3] {
            let rows = statement.query_map([limit], |row| row.get::<_, i64>(0)).expect("rows");
            assert_eq!(rows.count(), limit);
        }
        assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
    }
}
