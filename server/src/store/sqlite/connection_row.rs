//! The row of a connection.
//!
//! Owns the table `connections`, with registered and removed connections. Must not decide what changes.

use jiff::Timestamp;
use ledger::{ConnectionState, Recency};
use rusqlite::{Connection as Database, OptionalExtension as _, Row, params};

use crate::store::Result;
use crate::store::rows::ConnectionRow;

/// A connection's row, for [`row`].
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, connector_id, connection_id, owner, status, status_version, status_arrival FROM connections ",
            $rest
        )
    };
}

fn row(row: &Row<'_>) -> rusqlite::Result<ConnectionRow> {
    Ok(ConnectionRow {
        id: row.get(0)?,
        connector_id: row.get(1)?,
        connection_id: row.get(2)?,
        owner: row.get(3)?,
        status: row.get(4)?,
        recency: Recency { version: row.get(5)?, arrival: row.get(6)? },
    })
}

/// A registered connection.
pub(super) fn find(database: &Database, connector_id: &str, connection_id: &str) -> Result<Option<ConnectionRow>> {
    let sql = select!("WHERE connector_id = ?1 AND connection_id = ?2 AND removed_at IS NULL");
    Ok(database.prepare_cached(sql)?.query_row([connector_id, connection_id], row).optional()?)
}

/// The connections of a provider's user: the registered ones, or with `removed` the removed ones.
pub(super) fn of_external_user(
    database: &Database,
    connector_id: &str,
    external_user_id: &str,
    removed: bool,
) -> Result<Vec<ConnectionRow>> {
    let sql =
        select!("WHERE connector_id = ?1 AND external_user_id = ?2 AND (removed_at IS NOT NULL) = ?3 ORDER BY id");
    let mut statement = database.prepare_cached(sql)?;
    let rows = statement.query_map(params![connector_id, external_user_id, removed], row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The connection with this id that was removed last, of one user or of any.
pub(super) fn find_removed(database: &Database, id: (&str, &str), owner: Option<i64>) -> Result<Option<ConnectionRow>> {
    let sql = select!(
        "WHERE connector_id = ?1 AND connection_id = ?2 AND removed_at IS NOT NULL AND owner = coalesce(?3, owner)
         ORDER BY removed_at DESC, id DESC LIMIT 1"
    );
    Ok(database.prepare_cached(sql)?.query_row(params![id.0, id.1, owner], row).optional()?)
}

/// The connection with this row id, removed or not.
pub(super) fn get(database: &Database, id: i64) -> Result<ConnectionRow> {
    Ok(database.prepare_cached(select!("WHERE id = ?1"))?.query_row([id], row)?)
}

/// A connection whose transactions are being deleted, if any.
pub(super) fn purging(database: &Database) -> Result<Option<ConnectionRow>> {
    Ok(database.prepare_cached(select!("WHERE is_purging LIMIT 1"))?.query_row([], row).optional()?)
}

/// Whether transactions under a connection's id are still being deleted. New reports could be mistaken for them.
pub(super) fn is_purging(database: &Database, connector_id: &str, connection_id: &str) -> Result<bool> {
    Ok(database
        .prepare_cached("SELECT 1 FROM connections WHERE is_purging AND connector_id = ?1 AND connection_id = ?2")?
        .exists([connector_id, connection_id])?)
}

/// Begins to delete a user's transactions under a connection's id, including those of earlier registrations.
pub(super) fn begin_purge(database: &Database, connection: &ConnectionRow) -> Result<()> {
    database
        .prepare_cached(
            "UPDATE connections SET is_purging = 1 WHERE owner = ?1 AND connector_id = ?2 AND connection_id = ?3",
        )?
        .execute(params![connection.owner, connection.connector_id, connection.connection_id])?;
    Ok(())
}

/// Writes a connection's own state.
pub(super) fn set_state(database: &Database, id: i64, state: &ConnectionState) -> Result<()> {
    database
        .prepare_cached("UPDATE connections SET status = ?2, status_version = ?3, status_arrival = ?4 WHERE id = ?1")?
        .execute(params![id, state.status, state.recency.version, state.recency.arrival])?;
    Ok(())
}

/// Stores the time of the newest event about a connection's transactions or status.
pub(super) fn set_last_event(database: &Database, id: i64, at: Timestamp) -> Result<()> {
    database
        .prepare_cached("UPDATE connections SET last_event_at = ?2 WHERE id = ?1")?
        .execute(params![id, at.as_millisecond()])?;
    Ok(())
}
