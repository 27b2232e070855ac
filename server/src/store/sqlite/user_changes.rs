//! Changes of every connection of a provider's user.
//!
//! Owns which connections those are. Must not decide what changes: each connection's changes are applied as if they had
//! come in its own delivery.

use jiff::Timestamp;
use ledger::Change;
use rusqlite::Connection as Database;

use super::unit::Unit;
use super::{apply, arrivals, connection_row};
use crate::store::rows::{Status, UNKNOWN_USER, ends_consent};
use crate::store::{Changed, ConnectorRef, Recorded, Result};

/// A provider's user.
#[derive(Clone, Copy)]
pub(super) struct ProviderUser<'a> {
    pub(super) connector: &'a ConnectorRef,
    pub(super) id: &'a str,
}

impl ProviderUser<'_> {
    /// Whether the user has any connection, registered or removed: a removed one may still have stored transactions.
    pub(super) fn is_known(self, database: &Database) -> Result<bool> {
        let of_user = |removed| connection_row::of_external_user(database, &self.connector.id, self.id, removed);
        Ok(!of_user(false)?.is_empty() || !of_user(true)?.is_empty())
    }

    /// Applies a delivery's changes to each registered connection. If the settings say so, the end of a consent also
    /// deletes the transactions of removed connections.
    pub(super) fn apply(
        self,
        unit: &mut Unit<'_>,
        changes: &[Change],
        (delivery, arrived): (i64, Timestamp),
    ) -> Result<Changed> {
        let mut changed = Changed::default();
        for connection in connection_row::of_external_user(unit.database, &self.connector.id, self.id, false)? {
            let applied = apply::changes(unit, self.connector, &connection, changes, delivery, arrived)?;
            changed += Changed { new: applied.new, updated: applied.updated };
        }
        if unit.shared.purges_revoked() && changes.iter().any(ends_consent) {
            for connection in connection_row::of_external_user(unit.database, &self.connector.id, self.id, true)? {
                connection_row::begin_purge(unit.database, &connection)?;
                unit.shared.has_moves();
            }
        }
        Ok(changed)
    }

    /// Applies a quarantined delivery again.
    pub(super) fn requeue(self, unit: &mut Unit<'_>, changes: &[Change], delivery: i64) -> Result<Recorded> {
        if !self.is_known(unit.database)? {
            arrivals::conclude(unit.database, delivery, None, Status::Quarantined, Some(UNKNOWN_USER))?;
            return Ok(Recorded::Kept(UNKNOWN_USER.to_owned()));
        }
        if !arrivals::conclude(unit.database, delivery, None, Status::Processed, None)? {
            return Ok(Recorded::Duplicate);
        }
        let arrived = arrivals::received_at(unit, delivery)?;
        Ok(Recorded::Applied(self.apply(unit, changes, (delivery, arrived))?))
    }
}
