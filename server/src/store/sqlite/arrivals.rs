//! The arrival and status of deliveries.
//!
//! Owns their order of arrival, and whose they are after a connection was removed. Must not apply one.

use jiff::Timestamp;
use rusqlite::{Connection as Database, params};

use super::unit::Unit;
use crate::store::Result;
use crate::store::rows::{REMOVED, Status};

/// Whether deliveries of a connection wait. If it is registered, they are about to be applied.
pub(super) fn has_waiting(database: &Database, connector_id: &str, connection_id: &str) -> Result<bool> {
    Ok(database
        .prepare_cached("SELECT 1 FROM deliveries WHERE connector_id = ?1 AND connection_id = ?2 AND status = 1")?
        .exists([connector_id, connection_id])?)
}

/// The newest delivery's id. Changes that do not come from a delivery take this place in the order of arrival.
pub(super) fn newest(database: &Database) -> Result<i64> {
    let newest: Option<i64> =
        database.prepare_cached("SELECT max(id) FROM deliveries")?.query_row([], |row| row.get(0))?;
    Ok(newest.unwrap_or_default())
}

/// A connection is removed: its deliveries belonged to its owner and must not be applied for the next user who registers
/// it.
pub(super) fn settle_those_of(unit: &Unit<'_>, connector_id: &str, connection_id: &str) -> Result<()> {
    unit.database
        .prepare_cached(
            "INSERT OR REPLACE INTO deleted_connections (connector_id, connection_id, last_delivery, deleted_at)
             VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![connector_id, connection_id, newest(unit.database)?, unit.now.as_millisecond()])?;
    unit.database
        .prepare_cached(
            "UPDATE deliveries SET status = 0, reason = ?3 WHERE connector_id = ?1 AND connection_id = ?2 AND status = 1",
        )?
        .execute([connector_id, connection_id, REMOVED])?;
    Ok(())
}

/// Whether a delivery came before its connection was removed. Before ids were kept in order, an id could be assigned again,
/// so the time is compared as well.
pub(super) fn is_of_former_owner(
    database: &Database,
    id: i64,
    connector_id: &str,
    connection_id: &str,
) -> Result<bool> {
    Ok(database
        .prepare_cached(
            "SELECT 1 FROM deleted_connections c JOIN deliveries d ON d.id = ?1
             WHERE c.connector_id = ?2 AND c.connection_id = ?3 AND d.id <= c.last_delivery AND d.received_at <= c.deleted_at",
        )?
        .exists(params![id, connector_id, connection_id])?)
}

/// When a delivery arrived.
pub(super) fn received_at(unit: &Unit<'_>, id: i64) -> Result<Timestamp> {
    let millis = unit
        .database
        .prepare_cached("SELECT received_at FROM deliveries WHERE id = ?1")?
        .query_row([id], |row| row.get(0))?;
    Ok(Timestamp::from_millisecond(millis).unwrap_or(unit.now))
}

/// Writes the outcome of a delivery; nothing if another job has applied it. A newer connector may read another connection
/// from it than the connector that received it: the new one is stored, so that a registration finds the waiting delivery.
pub(super) fn conclude(
    database: &Database,
    id: i64,
    connection_id: Option<&str>,
    status: Status,
    reason: Option<&str>,
) -> Result<bool> {
    let mut statement = database.prepare_cached(
        "UPDATE deliveries SET connection_id = ?2, status = ?3, reason = ?4 WHERE id = ?1 AND status <> 0",
    )?;
    Ok(statement.execute(params![id, connection_id, status.code(), reason])? > 0)
}
