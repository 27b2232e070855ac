//! Writing what the ledger has planned.
//!
//! Owns that rows, events and calls to the core app are written in one database transaction. Must not decide what changes.

use std::collections::HashMap;

use ledger::{Applied, Dirty, Plan, State, TransactionState};

use super::unit::Unit;
use super::{accounts, connection_row, event_log, outbox, owners, row, tombstones};
use crate::store::rows::{Loaded, Place, REVOKED, Scope, is_of_connection, is_same_source};
use crate::store::{Error, Result};

/// Writes what the ledger has planned. The owner's row is locked.
pub(super) async fn write(unit: &mut Unit, scope: &Scope<'_>, loaded: &Loaded, plan: Plan) -> Result<Applied> {
    let Plan { state, events, outgoing, applied } = plan;
    let connection = scope.connection;
    if let Some(changed) = state.connection.as_ref().filter(|connection| connection.dirty != Dirty::No) {
        connection_row::set_state(&mut unit.database, connection.id, changed).await?;
        if changed.status == REVOKED && unit.shared.purges_revoked() {
            connection_row::begin_purge(&mut unit.database, connection).await?;
            unit.has_moves = true;
        }
    }
    if events.iter().any(|event| is_of_connection(&state, event)) {
        connection_row::set_last_event(&mut unit.database, connection.id, unit.now).await?;
    }
    let accounts = write_accounts(unit, scope, loaded, &state).await?;
    write_transactions(unit, scope, loaded, &accounts, &state).await?;
    if !events.is_empty() {
        owners::set_seq(&mut unit.database, scope.owner.id, state.seq).await?;
        event_log::append(unit, scope.owner, events).await?;
    }
    outbox::append(&mut unit.database, &scope.owner.user_id, &outgoing, unit.now).await?;
    Ok(applied)
}

/// The rows of accounts by the provider's id.
type Accounts<'a> = HashMap<&'a str, i64>;

async fn write_accounts<'a>(
    unit: &mut Unit,
    scope: &Scope<'_>,
    loaded: &'a Loaded,
    state: &'a State,
) -> Result<Accounts<'a>> {
    let mut ids: Accounts<'a> = loaded.accounts.iter().map(|(account_id, id)| (account_id.as_str(), *id)).collect();
    for (account_id, account) in &state.accounts {
        if account.dirty != Dirty::No {
            let known = ids.get(account_id.as_str()).copied();
            let now = unit.now;
            let id = accounts::write(&mut unit.database, known, scope.connection, account_id, account, now).await?;
            ids.insert(account_id, id);
        }
    }
    Ok(ids)
}

async fn write_transactions(
    unit: &mut Unit,
    scope: &Scope<'_>,
    loaded: &Loaded,
    accounts: &Accounts<'_>,
    state: &State,
) -> Result<()> {
    let mut source: Option<(i64, &ledger::StoredTransaction)> = None;
    for (key, transaction) in &state.transactions {
        let account = || {
            let account = accounts.get(key.0.as_str()).copied();
            account.ok_or_else(|| Error::Corrupt(format!("there is no account {}", key.0)))
        };
        let known = loaded.rows.get(key).map(|(id, _)| *id);
        match transaction {
            TransactionState::Live(stored) if stored.dirty != Dirty::No => {
                // Mostly all of a plan have the same.
                let (source_id, _) = match source {
                    Some(same) if is_same_source(&same.1.transaction, &stored.transaction) => same,
                    _ => (owners::source(&mut unit.database, &stored.transaction).await?, &**stored),
                };
                source = Some((source_id, stored));
                let place = Place { owner: scope.owner.id, account: account()?, source: source_id };
                if loaded.tombstones.contains(key) {
                    tombstones::delete(&mut unit.database, place.account, &key.1).await?;
                }
                row::write(&mut unit.database, known, place, stored).await?;
            }
            TransactionState::Deleted(tombstone) if tombstone.dirty != Dirty::No => {
                if let Some(id) = known {
                    row::delete(&mut unit.database, &[id]).await?;
                }
                tombstones::write(unit, account()?, &key.1, tombstone).await?;
            }
            TransactionState::Live(_) | TransactionState::Deleted(_) => {}
        }
    }
    Ok(())
}
