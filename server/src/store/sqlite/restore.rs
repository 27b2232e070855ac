//! Replacing the database with a copy.
//!
//! Owns that, after any interruption, either the old database or the whole new one is there. Must not run while a server
//! does.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::file::with;
use super::{SqliteStore, epoch, schema};
use crate::store::{Error, Result};

/// Replaces the database with a copy, in a new epoch; returns the new name of the former database.
pub(super) fn restore(copy: &Path, path: &Path) -> Result<Option<PathBuf>> {
    if !copy.is_file() {
        return Err(Error::Unavailable(format!("{}: there is no such file", copy.display())));
    }
    refuse_a_database_in_use(path)?;
    let new = beside(path, "restoring");
    // Left by an interrupted restore.
    let _ = std::fs::remove_file(&new);
    SqliteStore::copy(copy, &new)?;
    let prepared = prepare(&new);
    if prepared.is_err() {
        let _ = std::fs::remove_file(&new);
    }
    prepared?;
    let io = |error: std::io::Error| Error::Unavailable(format!("{}: {error}", path.display()));
    let former = path.exists().then(|| free_name(path)).transpose()?;
    if let Some(former) = &former {
        keep(path, former).map_err(io)?;
        // Only a damaged database still has a log. It is moved along, because the new database would take it for its own.
        let _ = std::fs::rename(with(path, "-wal"), with(former, "-wal"));
    }
    for left in ["-shm", "-mark"] {
        let _ = std::fs::remove_file(with(path, left));
    }
    std::fs::rename(&new, path).map_err(io)?;
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(io)?;
    }
    Ok(former)
}

/// Gives the former database a second name next to the first, so that there is always a database under the first one. A
/// file system without hard links (exFAT, some network shares) gets a complete copy instead.
fn keep(path: &Path, former: &Path) -> std::io::Result<()> {
    let refused = match std::fs::hard_link(path, former) {
        Err(refused) if refused.kind() != std::io::ErrorKind::AlreadyExists => refused,
        linked => return linked,
    };
    tracing::debug!(%refused, "the former database is being copied");
    let kept = std::fs::copy(path, former).and_then(|_| std::fs::File::open(former)?.sync_all());
    if kept.is_err() {
        let _ = std::fs::remove_file(former);
    }
    kept
}

/// Fails if another connection is open. Only the last connection can close the write-ahead log, and then the one file
/// contains everything.
fn refuse_a_database_in_use(path: &Path) -> Result<()> {
    if !path.exists() {
        return Ok(());
    }
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let mode = connection.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get::<_, String>(0));
    match mode.map_err(Error::from) {
        Ok(mode) if mode == "delete" => Ok(()),
        // Damage is the reason to replace it.
        Err(Error::Damaged(_)) => Ok(()),
        Ok(_) | Err(_) => Err(Error::Conflict("The database is in use: stop the server first")),
    }
}

fn prepare(path: &Path) -> Result<()> {
    let mut connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    schema::migrate(&mut connection)?;
    epoch::begin_epoch(&connection)?;
    connection.close().map_err(|(_, error)| error.into())
}

fn beside(path: &Path, what: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{what}"));
    path.with_file_name(name)
}

fn free_name(path: &Path) -> Result<PathBuf> {
    let names = (1..1000).map(|number| beside(path, &format!("before-restore-{number}")));
    names
        .into_iter()
        .find(|name| !name.exists())
        .ok_or(Error::Conflict("Too many former databases (.before-restore-…) are in the folder"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hard links cannot cross file systems.
    #[test]
    fn a_former_database_is_copied_where_it_cannot_be_linked() {
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir_in("/dev/shm").unwrap());
        let (path, former) = (folder.path().join("t.db"), other.path().join("t.db.before-restore-1"));
        std::fs::write(&path, "the former database").unwrap();
        assert!(std::fs::hard_link(&path, &former).is_err());
        keep(&path, &former).unwrap();
        assert_eq!(std::fs::read_to_string(&former).unwrap(), "the former database");
        assert!(path.exists());
        std::fs::write(&path, "another").unwrap();
        assert!(keep(&path, &former).is_err(), "a file that is there is never written over");
    }
}
