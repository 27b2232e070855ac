//! Applying changes to a connection.
//!
//! Owns the steps from loading the affected rows to writing the ledger's plan. Must not decide what changes.

use jiff::Timestamp;
use ledger::{Applied, Change};

use super::unit::Unit;
use super::{load, owners, plan};
use crate::store::rows::{ConnectionRow, Scope};
use crate::store::{ConnectorRef, Result};

/// Applies changes that arrived with a delivery.
pub(super) fn changes(
    unit: &mut Unit<'_>,
    connector: &ConnectorRef,
    connection: &ConnectionRow,
    changes: &[Change],
    delivery: i64,
    arrived: Timestamp,
) -> Result<Applied> {
    let owner = owners::get(unit.database, connection.owner)?;
    let scope = Scope { connector, connection, owner: &owner, arrived };
    let mut loaded = load::for_changes(unit, &scope, changes)?;
    let planned = ledger::apply(&unit.context(&scope, delivery), std::mem::take(&mut loaded.state), changes);
    plan::write(unit, &scope, &loaded, planned)
}
