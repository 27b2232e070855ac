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
pub(super) async fn complete(
    unit: &mut Unit,
    key: &SyncKey,
    finished: &FinishedSync,
    stats: SyncStats,
) -> Result<SyncStats> {
    let connection = syncs::registered(&mut unit.database, key).await?;
    let connector = connection.connector();
    if let Some(error) = syncs::last_error(&mut unit.database, key).await? {
        let recovered = |context: &Context<'_>, state| ledger::sync_recovered(context, state, &error);
        report(unit, &connector, &connection, recovered).await?;
    }
    report(unit, &connector, &connection, |context, state| ledger::synced(context, state, stats)).await?;
    syncs::completed(&mut unit.database, key, finished, unit.now).await?;
    Ok(stats)
}

/// Records a failed run and sends `connection:updated`. If the user has to act, the connection's status says so.
pub(super) async fn fail(
    unit: &mut Unit,
    key: &SyncKey,
    connector: &ConnectorRef,
    error: &SyncError,
    due: jiff::Timestamp,
) -> Result<()> {
    let connection = syncs::registered(&mut unit.database, key).await?;
    report(unit, connector, &connection, |context, state| ledger::sync_failed(context, state, error)).await?;
    syncs::failed(&mut unit.database, key, error, due).await
}

/// Reports an event about the connection as a whole.
async fn report(
    unit: &mut Unit,
    connector: &ConnectorRef,
    connection: &ConnectionRow,
    plan: impl FnOnce(&Context<'_>, State) -> Plan,
) -> Result<()> {
    let owner = owners::lock(unit, connection.owner).await?;
    let scope = Scope { connector, connection, owner: &owner, arrived: unit.now };
    let state = State { seq: owner.seq, connection: Some(connection.state()), ..State::default() };
    let newest = arrivals::newest(&mut unit.database).await?;
    let planned = plan(&unit.context(&scope, newest), state);
    plan::write(unit, &scope, &Loaded::nothing(&scope), planned).await?;
    Ok(())
}

/// Applies held-back changes, and deletes transactions whose absence from the run means that they are gone.
pub(super) async fn reconcile(
    unit: &mut Unit,
    key: &SyncKey,
    connector: &ConnectorRef,
    finished: &FinishedSync,
) -> Result<Applied> {
    let connection = syncs::registered(&mut unit.database, key).await?;
    let owner = owners::lock(unit, connection.owner).await?;
    let scope = Scope { connector, connection: &connection, owner: &owner, arrived: unit.now };
    let mut loaded = load::for_changes(unit, &scope, &finished.held_back).await?;
    let Unnamed { all, withdrawn } = unnamed(unit, &scope, &mut loaded, finished).await?;
    let remainder =
        Remainder { unnamed: &all, withdrawn: &withdrawn, held_back: &finished.held_back, absence: finished.absence };
    let state = std::mem::take(&mut loaded.state);
    let planned =
        ledger::reconcile(&Context { is_fetched: true, ..unit.context(&scope, finished.arrival) }, state, &remainder);
    let mut applied = plan::write(unit, &scope, &loaded, planned).await?;
    // The paired transactions are known by now.
    let owner = owners::lock(unit, connection.owner).await?;
    let scope = Scope { owner: &owner, ..scope };
    let mut loaded = load::for_changes(unit, &scope, &finished.held_back).await?;
    let state = std::mem::take(&mut loaded.state);
    let context = Context { is_fetched: true, ..unit.context(&scope, finished.arrival) };
    let planned = ledger::apply(&context, state, &finished.held_back);
    applied += plan::write(unit, &scope, &loaded, planned).await?;
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
async fn unnamed(unit: &mut Unit, scope: &Scope<'_>, loaded: &mut Loaded, finished: &FinishedSync) -> Result<Unnamed> {
    let only_pending = match finished.absence {
        // Only transactions that the run itself announced may be gone.
        Absence::MeansNothing if finished.withdrawn.is_empty() => return Ok(Unnamed::default()),
        Absence::OfPendingMeansGone => finished.withdrawn.is_empty(),
        _ => false,
    };
    let statement = match only_pending {
        true => {
            "SELECT t.id, a.account_id FROM accounts a JOIN transactions t ON t.account = a.id AND t.status = 0
             WHERE a.connection = $1"
        }
        false => {
            "SELECT t.id, a.account_id FROM accounts a JOIN transactions t ON t.account = a.id WHERE a.connection = $1"
        }
    };
    let rows = sqlx::query_as(statement).bind(scope.connection.id).fetch_all(&mut *unit.database);
    let rows: Vec<(i64, String)> = rows.await?;
    let may_be_gone = |id: &i64| finished.absence != Absence::MeansNothing || finished.withdrawn.contains(id);
    let rows: Vec<_> = rows.into_iter().filter(|(id, _)| !finished.named.contains(id) && may_be_gone(id)).collect();
    load::accounts(unit, scope, rows.iter().map(|(_, account_id)| account_id.as_str()), loaded).await?;
    let ids: Vec<i64> = rows.iter().map(|(id, _)| *id).collect();
    let mut unnamed = Unnamed::default();
    for row in row::get(&mut unit.database, &ids, &scope.owner.user_id).await? {
        let transaction = &row.stored.transaction;
        let key = (transaction.account_id.clone(), transaction.transaction_id.clone());
        if finished.withdrawn.contains(&row.id) {
            unnamed.withdrawn.insert(key.clone());
        }
        unnamed.all.insert(key.clone());
        loaded.take(&key.0, row);
    }
    Ok(unnamed)
}
