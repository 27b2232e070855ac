//! The epoch: the identifier of a database's history.
//!
//! Owns where it is stored, and how a new one begins. Must not decide when.

use rusqlite::Connection;

use crate::store::Result;

/// The database's epoch.
pub(super) fn epoch(connection: &Connection) -> Result<String> {
    Ok(connection.query_row("SELECT value FROM meta WHERE name = 'epoch'", [], |row| row.get(0))?)
}

/// Begins a new epoch, because the end of the log may be lost.
pub(super) fn begin_epoch(connection: &Connection) -> Result<()> {
    let epoch = uuid::Uuid::new_v4().simple().to_string();
    connection.execute("INSERT OR REPLACE INTO meta (name, value) VALUES ('epoch', ?1)", [epoch])?;
    Ok(())
}
