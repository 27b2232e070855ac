//! The lock of a server on its database file.
//!
//! Owns that only one server runs on a file: a second server would notice the first one's events seconds late and would
//! keep separate limits. Other commands may open the file beside a server. Must not open the database: closing a handle
//! on it drops SQLite's locks in this process (<https://sqlite.org/howtocorrupt.html>, 2.2).

use std::fs::{File, TryLockError};
use std::path::Path;

use super::file;
use crate::store::{Error, Result};

/// Holds the lock until it is dropped or the process ends, however it ends.
#[derive(Debug)]
pub struct ServerLock {
    _file: File,
}

impl ServerLock {
    /// Takes the lock of a database, on a file beside it. `None` if the file system has no locks.
    pub fn take(database: &Path) -> Result<Option<Self>> {
        let path = file::with(database, "-server");
        file::make_file(&path)?;
        let opened = File::options().write(true).open(&path);
        let lock = opened.map_err(|error| Error::Unavailable(format!("{}: {error}", path.display())))?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(Self { _file: lock })),
            Err(TryLockError::WouldBlock) => Err(Error::Conflict("Another server is running on this database")),
            Err(TryLockError::Error(error)) => {
                tracing::warn!(%error, "the database cannot be locked: make sure that only one server uses it");
                Ok(None)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_server_is_refused_until_the_first_one_ends() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("new").join("tallywire.db");
        let first = ServerLock::take(&database).unwrap();
        assert!(first.is_some());
        assert!(matches!(ServerLock::take(&database), Err(Error::Conflict(_))));
        drop(first);
        assert!(ServerLock::take(&database).unwrap().is_some());
    }
}
