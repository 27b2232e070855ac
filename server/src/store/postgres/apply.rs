//! Applying changes to a connection.
//!
//! Owns the way from loading what they touch to writing the ledger's plan, and the outcome of a delivery. Must not decide
//! what changes.

use jiff::Timestamp;
use ledger::{Applied, Change};
use sqlx::PgConnection;

use super::unit::Unit;
use super::{load, owners, plan};
use crate::store::rows::{ConnectionRow, Scope, Status};
use crate::store::{ConnectorRef, Result};

/// Applies changes that arrived with a delivery.
pub(super) async fn changes(
    unit: &mut Unit,
    connector: &ConnectorRef,
    connection: &ConnectionRow,
    changes: &[Change],
    delivery: i64,
    arrived: Timestamp,
) -> Result<Applied> {
    let owner = owners::lock(unit, connection.owner).await?;
    let scope = Scope { connector, connection, owner: &owner, arrived };
    let mut loaded = load::for_changes(unit, &scope, changes).await?;
    let planned = ledger::apply(&unit.context(&scope, delivery), std::mem::take(&mut loaded.state), changes);
    plan::write(unit, &scope, &loaded, planned).await
}

/// When a delivery came.
pub(super) async fn received_at(unit: &mut Unit, id: i64) -> Result<Timestamp> {
    let received_at = sqlx::query_scalar("SELECT received_at FROM deliveries WHERE id = $1").bind(id);
    let millis: i64 = received_at.fetch_one(&mut *unit.database).await?;
    Ok(Timestamp::from_millisecond(millis).unwrap_or(unit.now))
}

/// Writes what became of a delivery; nothing where another unit of work has applied it. A newer connector may read it
/// otherwise than the one that took it: its connection follows, so that a registration finds what waits for it.
pub(super) async fn conclude(
    database: &mut PgConnection,
    id: i64,
    connection_id: Option<&str>,
    status: Status,
    reason: Option<&str>,
) -> Result<bool> {
    let conclude =
        sqlx::query("UPDATE deliveries SET connection_id = $2, status = $3, reason = $4 WHERE id = $1 AND status <> 0");
    let conclude = conclude.bind(id).bind(connection_id).bind(status.code()).bind(reason);
    Ok(conclude.execute(database).await?.rows_affected() > 0)
}
