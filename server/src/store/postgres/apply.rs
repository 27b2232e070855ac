//! Applying changes to connections.
//!
//! Owns the steps from loading the affected rows to writing the ledger's plan, and the outcome of a delivery. Must not
//! decide what changes.

use jiff::Timestamp;
use ledger::{Applied, Change};
use sqlx::PgConnection;

use super::plan::Planned;
use super::unit::Unit;
use super::{load, owners, plan};
use crate::store::rows::{ConnectionRow, Scope, Status};
use crate::store::{ConnectorRef, Error, Result};
use crate::telemetry::spans::DeliveryId;

/// A delivery's changes of one connection.
pub(super) struct Delivered<'a> {
    pub(super) scope: Scope<'a>,
    pub(super) changes: &'a [Change],
    /// The delivery's row, and its id in the log.
    pub(super) delivery: (i64, Option<DeliveryId>),
}

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
    let delivered = Delivered { scope, changes, delivery: (delivery, unit.delivery) };
    let applied = each(unit, &[delivered]).await?.pop();
    applied.ok_or_else(|| Error::Corrupt("a delivery's changes were not applied".to_owned()))
}

/// Applies the changes of several deliveries, each of another user. The users' rows are locked.
pub(super) async fn each(unit: &mut Unit, all: &[Delivered<'_>]) -> Result<Vec<Applied>> {
    let wanted: Vec<_> = all.iter().map(|delivered| (&delivered.scope, delivered.changes)).collect();
    let mut loaded = load::for_each(unit, &wanted).await?;
    let states: Vec<_> = loaded.iter_mut().map(|loaded| std::mem::take(&mut loaded.state)).collect();
    let planned = all.iter().zip(&loaded).zip(states).map(|((delivered, loaded), state)| {
        let Delivered { scope, changes, delivery: (id, delivery) } = delivered;
        let plan = ledger::apply(&unit.context(scope, *id), state, changes);
        Planned { scope, loaded, plan, delivery: *delivery }
    });
    let planned: Vec<_> = planned.collect();
    let applied = planned.iter().map(|planned| planned.plan.applied).collect();
    plan::write_each(unit, planned).await?;
    Ok(applied)
}

/// When a delivery arrived.
pub(super) async fn received_at(unit: &mut Unit, id: i64) -> Result<Timestamp> {
    let received_at = sqlx::query_scalar("SELECT received_at FROM deliveries WHERE id = $1").bind(id);
    let millis: i64 = received_at.fetch_one(&mut *unit.database).await?;
    Ok(Timestamp::from_millisecond(millis).unwrap_or(unit.now))
}

/// Writes the outcome of a delivery; nothing if another unit of work has applied it. A newer connector may read another
/// connection from it than the connector that received it: the new one is stored, so that a registration finds the waiting
/// delivery.
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
