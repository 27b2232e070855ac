//! The schedule of sync runs, and their requests.
//!
//! Owns the table `syncs`. Must not apply a run's pages.

use jiff::Timestamp;
use sqlx::PgConnection;

use super::numbers::unsigned;
use super::{arrivals, connection_row, locks};
use crate::store::rows::ConnectionRow;
use crate::store::{BegunSync, DueSync, Error, FinishedSync, Result, SyncError, SyncKey, SyncRequest, Urgency};

/// Stores a sync request. The connection is locked.
pub(super) async fn request(
    database: &mut PgConnection,
    (connector_id, connection_id): (&str, &str),
    request: &SyncRequest,
    urgency: Urgency,
    now: Timestamp,
) -> Result<()> {
    let connection = connection_row::find(database, connector_id, connection_id).await?.ok_or(Error::NotFound)?;
    request_of(database, connection.id, request, urgency, now).await
}

/// The same for a connection's row id.
pub(super) async fn request_of(
    database: &mut PgConnection,
    registration: i64,
    request: &SyncRequest,
    urgency: Urgency,
    now: Timestamp,
) -> Result<()> {
    let requested: Option<Option<String>> =
        sqlx::query_scalar("SELECT requested FROM syncs WHERE connection = $1 FOR UPDATE")
            .bind(registration)
            .fetch_optional(&mut *database)
            .await?;
    let requested = match requested.flatten() {
        Some(earlier) => read(&earlier)?.and(request.clone()),
        None => request.clone(),
    };
    sqlx::query(
        "INSERT INTO syncs AS s (connection, due_at, requested) VALUES ($1, $2, $3)
         ON CONFLICT (connection) DO UPDATE SET requested = excluded.requested,
             due_at = CASE WHEN s.attempts = 0 OR $4 THEN least(s.due_at, excluded.due_at) ELSE s.due_at END",
    )
    .bind(registration)
    .bind(now.as_millisecond())
    .bind(serde_json::to_string(&requested)?)
    .bind(urgency == Urgency::DespiteFailures)
    .execute(database)
    .await?;
    Ok(())
}

/// Schedules the connections of these connectors that were never synced.
pub(super) async fn schedule(database: &mut PgConnection, connectors: &[String], now: Timestamp) -> Result<()> {
    let insert = sqlx::query(
        "INSERT INTO syncs (connection, due_at)
         SELECT id, $2 FROM connections WHERE connector_id = ANY($1) AND removed_at IS NULL
         ON CONFLICT (connection) DO NOTHING",
    );
    insert.bind(connectors).bind(now.as_millisecond()).execute(database).await?;
    Ok(())
}

/// Stores a connection's encrypted credentials, before its first sync.
pub(super) async fn set_credentials(
    database: &mut PgConnection,
    (connector_id, connection_id): (&str, &str),
    sealed: &[u8],
) -> Result<()> {
    locks::connection(database, connector_id, connection_id).await?;
    let connection = connection_row::find(database, connector_id, connection_id).await?.ok_or(Error::NotFound)?;
    sqlx::query(
        "INSERT INTO syncs (connection, due_at, credentials) VALUES ($1, $2, $3)
         ON CONFLICT (connection) DO UPDATE SET credentials = excluded.credentials",
    )
    .bind(connection.id)
    .bind(i64::MAX)
    .bind(sealed)
    .execute(database)
    .await?;
    Ok(())
}

/// What [`due`] reads of a connection.
type Due = (i64, String, String, String, Option<String>, Option<Vec<u8>>, Option<String>, i64);

/// The connections that are due.
pub(super) async fn due(database: &mut PgConnection, now: Timestamp, limit: u32) -> Result<Vec<DueSync>> {
    let rows: Vec<Due> = sqlx::query_as(
        "SELECT c.id, c.connector_id, c.connection_id, o.user_id, c.external_user_id, s.credentials, s.cursor, s.attempts
         FROM syncs s JOIN connections c ON c.id = s.connection JOIN owners o ON o.id = c.owner
         WHERE s.due_at <= $1 AND c.removed_at IS NULL ORDER BY s.due_at, c.id LIMIT $2",
    )
    .bind(now.as_millisecond())
    .bind(i64::from(limit))
    .fetch_all(database)
    .await?;
    let due =
        |(registration, connector_id, connection_id, user_id, external_user_id, credentials, cursor, attempts)| {
            let key = SyncKey { registration, connector_id, connection_id };
            Ok(DueSync { key, user_id, external_user_id, credentials, cursor, attempts: unsigned(attempts)? })
        };
    rows.into_iter().map(due).collect()
}

/// When the next connection is due after `now`.
pub(super) async fn next(database: &mut PgConnection, now: Timestamp) -> Result<Option<i64>> {
    let next = sqlx::query_scalar(
        "SELECT s.due_at FROM syncs s JOIN connections c ON c.id = s.connection
         WHERE s.due_at > $1 AND c.removed_at IS NULL ORDER BY s.due_at LIMIT 1",
    );
    Ok(next.bind(now.as_millisecond()).fetch_optional(database).await?)
}

/// Begins a run: the requests since the last one, and those of an interrupted one. A scheduled run without a request
/// fetches everything.
pub(super) async fn begin(database: &mut PgConnection, key: &SyncKey) -> Result<BegunSync> {
    registered(database, key).await?;
    let (requested, running): (Option<String>, Option<String>) =
        sqlx::query_as("SELECT requested, running FROM syncs WHERE connection = $1")
            .bind(key.registration)
            .fetch_one(&mut *database)
            .await?;
    let both = [requested, running].into_iter().flatten().map(|text| read(&text)).collect::<Result<Vec<_>>>()?;
    let run = both.into_iter().reduce(SyncRequest::and).unwrap_or(SyncRequest::Everything);
    sqlx::query("UPDATE syncs SET requested = NULL, running = $2 WHERE connection = $1")
        .bind(key.registration)
        .bind(serde_json::to_string(&run)?)
        .execute(&mut *database)
        .await?;
    Ok(BegunSync { request: run, arrival: arrivals::newest(database).await? })
}

/// Records a complete run.
pub(super) async fn completed(
    database: &mut PgConnection,
    key: &SyncKey,
    finished: &FinishedSync,
    now: Timestamp,
) -> Result<()> {
    // If a request arrived meanwhile, the next run is due at once.
    sqlx::query(
        "UPDATE syncs SET running = NULL, cursor = $2, attempts = 0, last_sync_at = $3, last_error = NULL,
             rejected = $4, due_at = CASE WHEN requested IS NULL THEN $5 ELSE $3 END
         WHERE connection = $1",
    )
    .bind(key.registration)
    .bind(&finished.cursor)
    .bind(now.as_millisecond())
    .bind(&finished.rejected)
    .bind(finished.due.as_millisecond())
    .execute(database)
    .await?;
    Ok(())
}

/// Records a failed run and when to retry it.
pub(super) async fn failed(
    database: &mut PgConnection,
    key: &SyncKey,
    error: &SyncError,
    due: Timestamp,
) -> Result<()> {
    sqlx::query("UPDATE syncs SET attempts = attempts + 1, last_error = $2, due_at = $3 WHERE connection = $1")
        .bind(key.registration)
        .bind(serde_json::to_string(error)?)
        .bind(due.as_millisecond())
        .execute(database)
        .await?;
    Ok(())
}

/// Deletes the schedule and the credentials of a removed connection.
pub(super) async fn forget(database: &mut PgConnection, registration: i64) -> Result<()> {
    sqlx::query("DELETE FROM syncs WHERE connection = $1").bind(registration).execute(database).await?;
    Ok(())
}

/// Why the previous run failed, if it did.
pub(super) async fn last_error(database: &mut PgConnection, key: &SyncKey) -> Result<Option<SyncError>> {
    let error = sqlx::query_scalar("SELECT last_error FROM syncs WHERE connection = $1").bind(key.registration);
    let error: Option<Option<String>> = error.fetch_optional(database).await?;
    Ok(error.flatten().and_then(|error| read_error(&error)))
}

/// Reads a stored failure.
pub(super) fn read_error(text: &str) -> Option<SyncError> {
    serde_json::from_str(text).ok()
}

/// The registration that a run belongs to, if it still exists; locked until the end of the unit of work.
pub(super) async fn registered(database: &mut PgConnection, key: &SyncKey) -> Result<ConnectionRow> {
    locks::connection(database, &key.connector_id, &key.connection_id).await?;
    let connection = connection_row::find(database, &key.connector_id, &key.connection_id).await?;
    connection.filter(|connection| connection.id == key.registration).ok_or(Error::NotFound)
}

fn read(text: &str) -> Result<SyncRequest> {
    serde_json::from_str(text).map_err(|_| Error::Corrupt("a sync request cannot be read".to_owned()))
}
