//! What is known of deliveries beside their content.
//!
//! Owns their status, their order of arrival, and whose they are when a connection is removed. Must not apply one.

use rusqlite::{Connection as Database, params};

use super::unit::Unit;
use crate::store::{Error, Result};

/// Why a delivery will not be applied.
pub(super) const REMOVED: &str = "its connection was removed before it could be applied";

/// What became of a delivery, as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// It is applied, or there was nothing to do.
    Processed,
    /// It waits for its connection, or behind earlier ones of it.
    Waiting,
    /// It is not understood, wholly or in part.
    Quarantined,
    /// It is not this provider's shape.
    Rejected,
}

impl Status {
    /// The number that stands for it.
    pub(super) fn code(self) -> i64 {
        match self {
            Self::Processed => 0,
            Self::Waiting => 1,
            Self::Quarantined => 2,
            Self::Rejected => 3,
        }
    }

    /// What a number stands for.
    pub(super) fn read(code: i64) -> Result<Self> {
        [Self::Processed, Self::Waiting, Self::Quarantined, Self::Rejected]
            .into_iter()
            .find(|status| status.code() == code)
            .ok_or_else(|| Error::Corrupt(format!("{code} stands as a delivery's status")))
    }
}

/// Whether deliveries of a connection wait: where it is registered, they are about to be applied.
pub(super) fn has_waiting(database: &Database, connector_id: &str, connection_id: &str) -> Result<bool> {
    Ok(database
        .prepare_cached("SELECT 1 FROM deliveries WHERE connector_id = ?1 AND connection_id = ?2 AND status = 1")?
        .exists([connector_id, connection_id])?)
}

/// The newest delivery's id: the place in the order of arrival of what is not a delivery.
pub(super) fn newest(database: &Database) -> Result<i64> {
    let newest: Option<i64> =
        database.prepare_cached("SELECT max(id) FROM deliveries")?.query_row([], |row| row.get(0))?;
    Ok(newest.unwrap_or_default())
}

/// A connection is removed: what came for it was its owner's, and is not for the one who registers it next.
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

/// Whether a delivery came before its connection was removed. Before ids were kept in order one could be given again,
/// so that the time counts as well.
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
