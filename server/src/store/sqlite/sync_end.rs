//! The end of a run.
//!
//! Owns that `sync:complete`, the cursor and the effects of a complete run are written together, and what a failed run
//! reports. Must not decide what changes: `ledger` does.

use std::collections::BTreeSet;

use ledger::{Absence, Applied, Context, Plan, Remainder, State};
use wire::events::SyncStats;

use super::unit::Unit;
use super::{arrivals, load, owners, plan, row, syncs};
use crate::store::rows::{ConnectionRow, Loaded, Scope};
use crate::store::{ConnectorRef, FinishedSync, Result, SyncError, SyncKey};

/// Ends a complete run and sends `sync:complete`, preceded by `connection:updated` if the previous run had failed.
pub(super) fn complete(
    unit: &mut Unit<'_>,
    key: &SyncKey,
    finished: &FinishedSync,
    stats: SyncStats,
) -> Result<SyncStats> {
    let connection = syncs::registered(unit.database, key)?;
    let connector = connection.connector();
    if let Some(error) = syncs::last_error(unit.database, key)? {
        report(unit, &connector, &connection, |context, state| ledger::sync_recovered(context, state, &error))?;
    }
    report(unit, &connector, &connection, |context, state| ledger::synced(context, state, stats))?;
    syncs::completed(unit.database, key, finished, unit.now)?;
    Ok(stats)
}

/// Records a failed run and sends `connection:updated`. If the user has to act, the connection's status says so.
pub(super) fn fail(
    unit: &mut Unit<'_>,
    key: &SyncKey,
    connector: &ConnectorRef,
    error: &SyncError,
    due: jiff::Timestamp,
) -> Result<()> {
    let connection = syncs::registered(unit.database, key)?;
    report(unit, connector, &connection, |context, state| ledger::sync_failed(context, state, error))?;
    syncs::failed(unit.database, key, error, due)
}

/// Reports an event about the connection as a whole.
fn report(
    unit: &mut Unit<'_>,
    connector: &ConnectorRef,
    connection: &ConnectionRow,
    plan: impl FnOnce(&Context<'_>, State) -> Plan,
) -> Result<()> {
    let owner = owners::get(unit.database, connection.owner)?;
    let scope = Scope { connector, connection, owner: &owner, arrived: unit.now };
    let state = State { seq: owner.seq, connection: Some(connection.state()), ..State::default() };
    let planned = plan(&unit.context(&scope, arrivals::newest(unit.database)?), state);
    plan::write(unit, &scope, &Loaded::nothing(&scope), planned)?;
    Ok(())
}

/// Applies held-back changes, and deletes transactions whose absence from the run means that they are gone.
pub(super) fn reconcile(
    unit: &mut Unit<'_>,
    key: &SyncKey,
    connector: &ConnectorRef,
    finished: &FinishedSync,
) -> Result<Applied> {
    let connection = syncs::registered(unit.database, key)?;
    let owner = owners::get(unit.database, connection.owner)?;
    let scope = Scope { connector, connection: &connection, owner: &owner, arrived: unit.now };
    let mut loaded = load::for_changes(unit, &scope, &finished.held_back)?;
    let Unnamed { all, withdrawn } = unnamed(unit, &scope, &mut loaded, finished)?;
    let remainder =
        Remainder { unnamed: &all, withdrawn: &withdrawn, held_back: &finished.held_back, absence: finished.absence };
    let context = Context { is_fetched: true, ..unit.context(&scope, finished.arrival) };
    let planned = ledger::reconcile(&context, std::mem::take(&mut loaded.state), &remainder);
    let mut applied = plan::write(unit, &scope, &loaded, planned)?;
    // The paired transactions are known by now.
    let owner = owners::get(unit.database, connection.owner)?;
    let scope = Scope { owner: &owner, ..scope };
    let mut loaded = load::for_changes(unit, &scope, &finished.held_back)?;
    let context = Context { is_fetched: true, ..unit.context(&scope, finished.arrival) };
    let planned = ledger::apply(&context, std::mem::take(&mut loaded.state), &finished.held_back);
    applied += plan::write(unit, &scope, &loaded, planned)?;
    Ok(applied)
}

/// The keys of transactions that a run has not listed.
#[derive(Default)]
struct Unnamed {
    /// The transactions that absence may delete, and those that are withdrawn.
    all: BTreeSet<ledger::Key>,
    /// Transactions that the run announced before it restarted.
    withdrawn: BTreeSet<ledger::Key>,
}

/// Loads the transactions that the run has not listed and that may be gone.
fn unnamed(unit: &mut Unit<'_>, scope: &Scope<'_>, loaded: &mut Loaded, finished: &FinishedSync) -> Result<Unnamed> {
    let status = match finished.absence {
        // Only transactions that the run itself announced may be gone.
        Absence::MeansNothing if finished.withdrawn.is_empty() => return Ok(Unnamed::default()),
        Absence::OfPendingMeansGone if finished.withdrawn.is_empty() => "AND t.status = 0",
        _ => "",
    };
    let mut statement = unit.database.prepare_cached(&format!(
        "SELECT t.id, a.account_id FROM accounts a JOIN transactions t ON t.account = a.id
         WHERE a.connection = ?1 {status}"
    ))?;
    let rows =
        statement.query_map([scope.connection.id], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?;
    let rows: Vec<_> = rows.collect::<rusqlite::Result<_>>()?;
    let may_be_gone = |id: &i64| finished.absence != Absence::MeansNothing || finished.withdrawn.contains(id);
    let rows: Vec<_> = rows.into_iter().filter(|(id, _)| !finished.named.contains(id) && may_be_gone(id)).collect();
    load::accounts(unit, scope, rows.iter().map(|(_, account_id)| account_id.as_str()), loaded)?;
    let mut unnamed = Unnamed::default();
    for (id, account_id) in rows {
        let row = row::get(unit.database, id, &scope.owner.user_id)?;
        let key = (account_id.clone(), row.stored.transaction.transaction_id.clone());
        if finished.withdrawn.contains(&id) {
            unnamed.withdrawn.insert(key.clone());
        }
        unnamed.all.insert(key);
        loaded.take(&account_id, row);
    }
    Ok(unnamed)
}
