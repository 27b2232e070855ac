//! The database's file.
//!
//! Owns making it, its permissions, and its connections' settings. Must not know a table.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::store::{Error, Result};

/// Makes a file where there is none, with its folder: nobody else on the machine may read it.
pub(super) fn make_file(path: &Path) -> Result<()> {
    let made = make_folder(path).and_then(|()| private_file().create(true).truncate(false).open(path));
    made.map(drop).map_err(|error| Error::Unavailable(error.to_string()))
}

/// Makes a file for a copy, where there is none.
pub(super) fn make_new_file(path: &Path) -> Result<()> {
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

/// How long a server that starts waits for another one on the same file, which may be migrating it.
const START_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a connection of a running server waits for a lock.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// WAL with `synchronous=FULL`: a commit has reached the disk when it returns.
///
/// Locks are waited for as by a server that starts, until [`serve_from_here`].
pub(super) fn configure_writer(connection: &Connection) -> Result<()> {
    connection.busy_timeout(START_TIMEOUT)?;
    use_write_ahead_log(connection)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    // The journal of a job's savepoint is needed until the job ends: on the disk it would cost twice as
    // many writes as the log itself, and leave data in a folder for temporary files.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // 64 MiB of pages in the cache. The checkpointer moves the log beside the writer; the writer itself only where that
    // falls behind, at 512 MiB.
    connection.pragma_update(None, "cache_size", -65_536)?;
    connection.pragma_update(None, "wal_autocheckpoint", 131_072)?;
    // A long read keeps the log from being restarted, and lets it grow: it is cut to 256 MiB when the read has ended.
    connection.pragma_update(None, "journal_size_limit", 268_435_456)?;
    connection.set_prepared_statement_cache_capacity(64);
    plan_once(connection)?;
    Ok(())
}

/// SQLite asks its busy handler for most locks, but not for the one that changes the journal's mode: it reads the mode
/// first, and a reader that becomes a writer is refused at once.
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

/// The schema is there: locks are held for milliseconds from here on.
pub(super) fn serve_from_here(connection: &Connection) -> Result<()> {
    Ok(connection.busy_timeout(LOCK_TIMEOUT)?)
}

/// Checks no references from now on, but in debug builds and so in all tests: to look each one up costs a webhook a tenth of
/// its processor time, and what a row refers to is made in the same unit of work.
pub(super) fn trust_references(connection: &Connection) -> Result<()> {
    Ok(connection.pragma_update(None, "foreign_keys", cfg!(debug_assertions))?)
}

/// A connection that reads beside the writer.
pub(super) fn open_reader(path: &Path) -> Result<Connection> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(LOCK_TIMEOUT)?;
    connection.pragma_update(None, "cache_size", -8192)?;
    connection.set_prepared_statement_cache_capacity(32);
    plan_once(&connection)?;
    Ok(connection)
}

/// Plans a statement when it is prepared, whatever is bound to it later. SQLite would otherwise parse and plan every
/// statement with `LIMIT ?` again each time a number is bound (`sqlite3ExprIsInteger` in 3.51), for a better plan that nothing here
/// has: at a sign-in with `since` that is a twelfth of the processor time.
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
