//! Changes of every connection of a provider's user.
//!
//! Owns which connections those are. Must not decide what changes: each connection's changes are applied as if they had
//! come in its own delivery.

use std::collections::BTreeSet;

use jiff::Timestamp;
use ledger::Change;

use super::unit::Unit;
use super::{apply, connection_row, locks};
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
    pub(super) async fn is_known(self, unit: &mut Unit) -> Result<bool> {
        let database = &mut *unit.database;
        let registered = connection_row::of_external_user(database, &self.connector.id, self.id, false).await?;
        let removed = connection_row::of_external_user(database, &self.connector.id, self.id, true).await?;
        Ok(!registered.is_empty() || !removed.is_empty())
    }

    /// Locks the user's connections, in the same order on every node, before any owner's row.
    pub(super) async fn lock(self, unit: &mut Unit) -> Result<()> {
        let mut ids = BTreeSet::new();
        for removed in [false, true] {
            let database = &mut *unit.database;
            let connections = connection_row::of_external_user(database, &self.connector.id, self.id, removed).await?;
            ids.extend(connections.into_iter().map(|connection| connection.connection_id));
        }
        for id in ids {
            locks::connection(&mut unit.database, &self.connector.id, &id).await?;
        }
        Ok(())
    }

    /// Applies a delivery's changes to each registered connection. If the settings say so, the end of a consent also
    /// deletes the transactions of removed connections. The connections are locked.
    pub(super) async fn apply(
        self,
        unit: &mut Unit,
        changes: &[Change],
        (delivery, arrived): (i64, Timestamp),
    ) -> Result<Changed> {
        let mut changed = Changed::default();
        let (connector, user) = (&self.connector.id, self.id);
        for connection in connection_row::of_external_user(&mut unit.database, connector, user, false).await? {
            let applied = apply::changes(unit, self.connector, &connection, changes, delivery, arrived).await?;
            changed += Changed { new: applied.new, updated: applied.updated };
        }
        if unit.shared.purges_revoked() && changes.iter().any(ends_consent) {
            for connection in connection_row::of_external_user(&mut unit.database, connector, user, true).await? {
                connection_row::begin_purge(&mut unit.database, &connection).await?;
                unit.has_moves = true;
            }
        }
        Ok(changed)
    }

    /// Applies a quarantined delivery again.
    pub(super) async fn requeue(self, unit: &mut Unit, changes: &[Change], delivery: i64) -> Result<Recorded> {
        self.lock(unit).await?;
        if !self.is_known(unit).await? {
            apply::conclude(&mut unit.database, delivery, None, Status::Quarantined, Some(UNKNOWN_USER)).await?;
            return Ok(Recorded::Kept(UNKNOWN_USER.to_owned()));
        }
        if !apply::conclude(&mut unit.database, delivery, None, Status::Processed, None).await? {
            return Ok(Recorded::Duplicate);
        }
        let arrived = apply::received_at(unit, delivery).await?;
        Ok(Recorded::Applied(self.apply(unit, changes, (delivery, arrived)).await?))
    }
}
