//! Connections as clients see them.
//!
//! Owns finding them. Must not change one.

use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Postgres, QueryBuilder, Row as _};
use wire::api::Connection;

use super::syncs;
use crate::clock;
use crate::store::Result;
use crate::store::rows::shown_time;

/// Registered connections that meet additional conditions.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT c.connector_id, c.connection_id, o.user_id, c.external_user_id, c.institution_name, c.status,
                 c.created_at, c.last_event_at, s.last_sync_at, s.due_at, s.last_error, s.rejected
             FROM connections c JOIN owners o ON o.id = c.owner LEFT JOIN syncs s ON s.connection = c.id
             WHERE c.removed_at IS NULL ",
            $rest
        )
    };
}

/// The store does not know whether the connection can be synced.
fn read(row: &PgRow) -> Result<Connection> {
    let time = |at: Option<i64>| at.map(clock::rfc3339_of_millis);
    let error: Option<&str> = row.try_get(10)?;
    Ok(Connection {
        connector_id: row.try_get(0)?,
        connection_id: row.try_get(1)?,
        user_id: row.try_get(2)?,
        external_user_id: row.try_get(3)?,
        institution_name: row.try_get(4)?,
        status: row.try_get(5)?,
        created_at: clock::rfc3339_of_millis(row.try_get(6)?),
        last_event_at: time(row.try_get(7)?),
        last_sync_at: time(row.try_get(8)?),
        next_sync_at: shown_time(row.try_get(9)?),
        last_error: error.and_then(syncs::read_error),
        rejected: row.try_get(11)?,
        can_sync: false,
    })
}

/// A registered connection.
pub(super) async fn shown(
    database: &mut PgConnection,
    connector_id: &str,
    connection_id: &str,
) -> Result<Option<Connection>> {
    let found = sqlx::query(select!("AND c.connector_id = $1 AND c.connection_id = $2"));
    let found = found.bind(connector_id).bind(connection_id).fetch_optional(database).await?;
    found.as_ref().map(read).transpose()
}

/// The connections of one connector or all, and of one user or all.
pub(super) async fn list(
    database: &mut PgConnection,
    connector_id: Option<&str>,
    user_id: Option<&str>,
) -> Result<Vec<Connection>> {
    // Only the conditions that apply, because the plan is the same for all values (`pool.rs`).
    let mut sql = QueryBuilder::<Postgres>::new(select!(""));
    if let Some(connector_id) = connector_id {
        sql.push(" AND c.connector_id = ").push_bind(connector_id);
    }
    if let Some(user_id) = user_id {
        sql.push(" AND o.user_id = ").push_bind(user_id);
    }
    sql.push(" ORDER BY c.created_at, c.id");
    sql.build().fetch_all(database).await?.iter().map(read).collect()
}
