//! Metadata of deliveries.
//!
//! Owns their order of arrival, and whose they are after a connection was removed. Must not apply one.

use sqlx::PgConnection;

use super::unit::Unit;
use crate::store::Result;
use crate::store::rows::REMOVED;

/// Whether deliveries of a connection wait. If it is registered, they are about to be applied.
pub(super) async fn has_waiting(database: &mut PgConnection, connector_id: &str, connection_id: &str) -> Result<bool> {
    let has_waiting = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM deliveries WHERE connector_id = $1 AND connection_id = $2 AND status = 1)",
    );
    Ok(has_waiting.bind(connector_id).bind(connection_id).fetch_one(database).await?)
}

/// The newest id that any delivery has or is about to have. Changes that do not come from a delivery take this place in the
/// order of arrival. The id comes from the sequence, which includes deliveries that other nodes are writing. Under a
/// connection's lock, all later deliveries of that connection have higher ids.
pub(super) async fn newest(database: &mut PgConnection) -> Result<i64> {
    let newest = sqlx::query_scalar("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM deliveries_id_seq");
    Ok(newest.fetch_one(database).await?)
}

/// A connection is removed: its deliveries belonged to its owner and must not be applied for the next user who registers
/// it.
pub(super) async fn settle_those_of(unit: &mut Unit, connector_id: &str, connection_id: &str) -> Result<()> {
    let newest = newest(&mut unit.database).await?;
    sqlx::query(
        "INSERT INTO deleted_connections (connector_id, connection_id, last_delivery, deleted_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (connector_id, connection_id) DO UPDATE
             SET last_delivery = excluded.last_delivery, deleted_at = excluded.deleted_at",
    )
    .bind(connector_id)
    .bind(connection_id)
    .bind(newest)
    .bind(unit.now.as_millisecond())
    .execute(&mut *unit.database)
    .await?;
    sqlx::query(
        "UPDATE deliveries SET status = 0, reason = $3 WHERE connector_id = $1 AND connection_id = $2 AND status = 1",
    )
    .bind(connector_id)
    .bind(connection_id)
    .bind(REMOVED)
    .execute(&mut *unit.database)
    .await?;
    Ok(())
}

/// Whether a delivery came before its connection was removed.
pub(super) async fn is_of_former_owner(
    database: &mut PgConnection,
    id: i64,
    connector_id: &str,
    connection_id: &str,
) -> Result<bool> {
    let is_former = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM deleted_connections
             WHERE connector_id = $2 AND connection_id = $3 AND last_delivery >= $1)",
    );
    Ok(is_former.bind(id).bind(connector_id).bind(connection_id).fetch_one(database).await?)
}
