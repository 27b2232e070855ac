//! The row of a connection.
//!
//! Owns the table `connections`, with registered and removed connections. Must not decide what changes.

use jiff::Timestamp;
use ledger::{ConnectionState, Recency};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};

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

fn row(row: &PgRow) -> sqlx::Result<ConnectionRow> {
    Ok(ConnectionRow {
        id: row.try_get(0)?,
        connector_id: row.try_get(1)?,
        connection_id: row.try_get(2)?,
        owner: row.try_get(3)?,
        status: row.try_get(4)?,
        recency: Recency { version: row.try_get(5)?, arrival: row.try_get(6)? },
    })
}

fn maybe(found: Option<&PgRow>) -> Result<Option<ConnectionRow>> {
    Ok(found.map(row).transpose()?)
}

/// A registered connection.
pub(super) async fn find(
    database: &mut PgConnection,
    connector_id: &str,
    connection_id: &str,
) -> Result<Option<ConnectionRow>> {
    let find = sqlx::query(select!("WHERE connector_id = $1 AND connection_id = $2 AND removed_at IS NULL"));
    maybe(find.bind(connector_id).bind(connection_id).fetch_optional(database).await?.as_ref())
}

/// The connections of a provider's user: the registered ones, or with `removed` the removed ones.
pub(super) async fn of_external_user(
    database: &mut PgConnection,
    connector_id: &str,
    external_user_id: &str,
    removed: bool,
) -> Result<Vec<ConnectionRow>> {
    let find = sqlx::query(select!(
        "WHERE connector_id = $1 AND external_user_id = $2 AND (removed_at IS NOT NULL) = $3 ORDER BY id"
    ));
    let rows = find.bind(connector_id).bind(external_user_id).bind(removed).fetch_all(database).await?;
    Ok(rows.iter().map(row).collect::<sqlx::Result<_>>()?)
}

/// The connection with this id that was removed last, of one user or of any.
pub(super) async fn find_removed(
    database: &mut PgConnection,
    id: (&str, &str),
    owner: Option<i64>,
) -> Result<Option<ConnectionRow>> {
    let find = sqlx::query(select!(
        "WHERE connector_id = $1 AND connection_id = $2 AND removed_at IS NOT NULL AND owner = coalesce($3, owner)
         ORDER BY removed_at DESC, id DESC LIMIT 1"
    ));
    maybe(find.bind(id.0).bind(id.1).bind(owner).fetch_optional(database).await?.as_ref())
}

/// The connection with this row id, removed or not.
pub(super) async fn get(database: &mut PgConnection, id: i64) -> Result<ConnectionRow> {
    Ok(row(&sqlx::query(select!("WHERE id = $1")).bind(id).fetch_one(database).await?)?)
}

/// A connection whose transactions are being deleted, if any.
pub(super) async fn purging(database: &mut PgConnection) -> Result<Option<ConnectionRow>> {
    maybe(sqlx::query(select!("WHERE is_purging ORDER BY id LIMIT 1")).fetch_optional(database).await?.as_ref())
}

/// Whether transactions under a connection's id are still being deleted. New reports could be mistaken for them.
pub(super) async fn is_purging(database: &mut PgConnection, connector_id: &str, connection_id: &str) -> Result<bool> {
    let is_purging = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM connections WHERE is_purging AND connector_id = $1 AND connection_id = $2)",
    );
    Ok(is_purging.bind(connector_id).bind(connection_id).fetch_one(database).await?)
}

/// Begins to delete a user's transactions under a connection's id, including those of earlier registrations.
pub(super) async fn begin_purge(database: &mut PgConnection, connection: &ConnectionRow) -> Result<()> {
    sqlx::query(
        "UPDATE connections SET is_purging = TRUE WHERE owner = $1 AND connector_id = $2 AND connection_id = $3",
    )
    .bind(connection.owner)
    .bind(&connection.connector_id)
    .bind(&connection.connection_id)
    .execute(database)
    .await?;
    Ok(())
}

/// Writes a connection's own state.
pub(super) async fn set_state(database: &mut PgConnection, id: i64, state: &ConnectionState) -> Result<()> {
    sqlx::query("UPDATE connections SET status = $2, status_version = $3, status_arrival = $4 WHERE id = $1")
        .bind(id)
        .bind(&state.status)
        .bind(state.recency.version)
        .bind(state.recency.arrival)
        .execute(database)
        .await?;
    Ok(())
}

/// Stores the time of the newest event about these connections' transactions or status.
pub(super) async fn set_last_event(database: &mut PgConnection, ids: &[i64], at: Timestamp) -> Result<()> {
    let update = sqlx::query("UPDATE connections SET last_event_at = $2 WHERE id = ANY($1)");
    update.bind(ids).bind(at.as_millisecond()).execute(database).await?;
    Ok(())
}
