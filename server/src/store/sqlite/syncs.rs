//! The schedule of sync runs, and their requests.
//!
//! Owns the table `syncs`. Must not apply a run's pages.

use jiff::Timestamp;
use rusqlite::{Connection as Database, OptionalExtension as _, params};

use super::{arrivals, connection_row};
use crate::store::rows::ConnectionRow;
use crate::store::{BegunSync, DueSync, Error, FinishedSync, Result, SyncError, SyncKey, SyncRequest, Urgency};

/// Stores a sync request.
pub(super) fn request(
    database: &Database,
    (connector_id, connection_id): (&str, &str),
    request: &SyncRequest,
    urgency: Urgency,
    now: Timestamp,
) -> Result<()> {
    let connection = connection_row::find(database, connector_id, connection_id)?.ok_or(Error::NotFound)?;
    let mut statement = database.prepare_cached("SELECT requested FROM syncs WHERE connection = ?1")?;
    let requested: Option<Option<String>> = statement.query_row([connection.id], |row| row.get(0)).optional()?;
    let requested = match requested.flatten() {
        Some(earlier) => read(&earlier)?.and(request.clone()),
        None => request.clone(),
    };
    database
        .prepare_cached(
            "INSERT INTO syncs (connection, due_at, requested) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET requested = excluded.requested,
                 due_at = CASE WHEN attempts = 0 OR ?4 THEN min(due_at, excluded.due_at) ELSE due_at END",
        )?
        .execute(params![
            connection.id,
            now.as_millisecond(),
            serde_json::to_string(&requested)?,
            urgency == Urgency::DespiteFailures
        ])?;
    Ok(())
}

/// Schedules the connections of these connectors that were never synced.
pub(super) fn schedule(database: &Database, connectors: &[String], now: Timestamp) -> Result<()> {
    let mut statement = database.prepare_cached(
        "INSERT INTO syncs (connection, due_at)
         SELECT id, ?2 FROM connections WHERE connector_id = ?1 AND removed_at IS NULL
             AND id NOT IN (SELECT connection FROM syncs)",
    )?;
    for connector in connectors {
        statement.execute(params![connector, now.as_millisecond()])?;
    }
    Ok(())
}

/// Stores a connection's encrypted credentials, before its first sync.
pub(super) fn set_credentials(
    database: &Database,
    (connector_id, connection_id): (&str, &str),
    sealed: &[u8],
) -> Result<()> {
    let connection = connection_row::find(database, connector_id, connection_id)?.ok_or(Error::NotFound)?;
    database
        .prepare_cached(
            "INSERT INTO syncs (connection, due_at, credentials) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET credentials = excluded.credentials",
        )?
        .execute(params![connection.id, i64::MAX, sealed])?;
    Ok(())
}

/// The connections that are due.
pub(super) fn due(database: &Database, now: Timestamp, limit: u32) -> Result<Vec<DueSync>> {
    let mut statement = database.prepare_cached(
        "SELECT c.id, c.connector_id, c.connection_id, o.user_id, c.external_user_id, s.credentials, s.cursor, s.attempts
         FROM syncs s JOIN connections c ON c.id = s.connection JOIN owners o ON o.id = c.owner
         WHERE s.due_at <= ?1 AND c.removed_at IS NULL ORDER BY s.due_at, c.id LIMIT ?2",
    )?;
    let rows = statement.query_map(params![now.as_millisecond(), limit], |row| {
        Ok(DueSync {
            key: SyncKey { registration: row.get(0)?, connector_id: row.get(1)?, connection_id: row.get(2)? },
            user_id: row.get(3)?,
            external_user_id: row.get(4)?,
            credentials: row.get(5)?,
            cursor: row.get(6)?,
            attempts: row.get(7)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// When the next connection is due after `now`.
pub(super) fn next(database: &Database, now: Timestamp) -> Result<Option<i64>> {
    let mut statement = database.prepare_cached(
        "SELECT min(s.due_at) FROM syncs s JOIN connections c ON c.id = s.connection
         WHERE s.due_at > ?1 AND c.removed_at IS NULL",
    )?;
    Ok(statement.query_row([now.as_millisecond()], |row| row.get(0))?)
}

/// Begins a run: the requests since the last one, and those of an interrupted one. A scheduled run without a request
/// fetches everything.
pub(super) fn begin(database: &Database, key: &SyncKey) -> Result<BegunSync> {
    registered(database, key)?;
    let mut statement = database.prepare_cached("SELECT requested, running FROM syncs WHERE connection = ?1")?;
    let (requested, running): (Option<String>, Option<String>) =
        statement.query_row([key.registration], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let both = [requested, running].into_iter().flatten().map(|text| read(&text)).collect::<Result<Vec<_>>>()?;
    let run = both.into_iter().reduce(SyncRequest::and).unwrap_or(SyncRequest::Everything);
    database
        .prepare_cached("UPDATE syncs SET requested = NULL, running = ?2 WHERE connection = ?1")?
        .execute(params![key.registration, serde_json::to_string(&run)?])?;
    Ok(BegunSync { request: run, arrival: arrivals::newest(database)? })
}

/// Records a complete run.
pub(super) fn completed(database: &Database, key: &SyncKey, finished: &FinishedSync, now: Timestamp) -> Result<()> {
    // If a request arrived meanwhile, the next run is due at once.
    database
        .prepare_cached(
            "UPDATE syncs SET running = NULL, cursor = ?2, attempts = 0, last_sync_at = ?3, last_error = NULL,
                 rejected = ?4, due_at = CASE WHEN requested IS NULL THEN ?5 ELSE ?3 END
             WHERE connection = ?1",
        )?
        .execute(params![
            key.registration,
            finished.cursor,
            now.as_millisecond(),
            finished.rejected,
            finished.due.as_millisecond()
        ])?;
    Ok(())
}

/// Records a failed run and when to retry it.
pub(super) fn failed(database: &Database, key: &SyncKey, error: &SyncError, due: Timestamp) -> Result<()> {
    database
        .prepare_cached("UPDATE syncs SET attempts = attempts + 1, last_error = ?2, due_at = ?3 WHERE connection = ?1")?
        .execute(params![key.registration, serde_json::to_string(error)?, due.as_millisecond()])?;
    Ok(())
}

/// Deletes the schedule and the credentials of a removed connection.
pub(super) fn forget(database: &Database, registration: i64) -> Result<()> {
    database.prepare_cached("DELETE FROM syncs WHERE connection = ?1")?.execute([registration])?;
    Ok(())
}

/// Why the previous run failed, if it did.
pub(super) fn last_error(database: &Database, key: &SyncKey) -> Result<Option<SyncError>> {
    let mut statement = database.prepare_cached("SELECT last_error FROM syncs WHERE connection = ?1")?;
    let error: Option<Option<String>> = statement.query_row([key.registration], |row| row.get(0)).optional()?;
    Ok(error.flatten().and_then(|error| read_error(&error)))
}

/// Reads a stored failure.
pub(super) fn read_error(text: &str) -> Option<SyncError> {
    serde_json::from_str(text).ok()
}

/// The registration that a run belongs to, if it still exists.
pub(super) fn registered(database: &Database, key: &SyncKey) -> Result<ConnectionRow> {
    let connection = connection_row::find(database, &key.connector_id, &key.connection_id)?;
    connection.filter(|connection| connection.id == key.registration).ok_or(Error::NotFound)
}

fn read(text: &str) -> Result<SyncRequest> {
    serde_json::from_str(text).map_err(|_| Error::Corrupt("a sync request cannot be read".to_owned()))
}

/// A connection's encrypted credentials.
pub(super) fn credentials(database: &Database, id: (&str, &str)) -> Result<Option<Vec<u8>>> {
    let mut statement = database.prepare_cached(
        "SELECT s.credentials FROM syncs s JOIN connections c ON c.id = s.connection
         WHERE c.connector_id = ?1 AND c.connection_id = ?2 AND c.removed_at IS NULL",
    )?;
    let sealed: Option<Option<Vec<u8>>> = statement.query_row([id.0, id.1], |row| row.get(0)).optional()?;
    Ok(sealed.flatten())
}
