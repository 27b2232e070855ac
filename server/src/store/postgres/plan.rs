//! Writing the ledger's plan.
//!
//! Owns that rows, events and calls to the core app are written in one database transaction, each kind with one statement.
//! Must not decide what changes.

use std::collections::HashMap;

use ledger::{Applied, Dirty, Plan, TransactionState};
use wire::Transaction;

use super::event_log::Appended;
use super::outbox::Queued;
use super::tombstones::WrittenTombstones;
use super::unit::Unit;
use super::written_accounts::WrittenAccounts;
use super::written_rows::WrittenRows;
use super::{connection_row, event_log, owners, row};
use crate::store::rows::{Loaded, Place, REVOKED, Scope, is_of_connection, is_same_source};
use crate::store::{Error, Result};
use crate::telemetry::spans::DeliveryId;

/// The ledger's plan for one connection.
pub(super) struct Planned<'a> {
    pub(super) scope: &'a Scope<'a>,
    pub(super) loaded: &'a Loaded,
    pub(super) plan: Plan,
    /// The delivery that causes it, for the log.
    pub(super) delivery: Option<DeliveryId>,
}

/// Writes the ledger's plan. The owner's row is locked.
pub(super) async fn write(unit: &mut Unit, scope: &Scope<'_>, loaded: &Loaded, plan: Plan) -> Result<Applied> {
    let (delivery, applied) = (unit.delivery, plan.applied);
    write_each(unit, vec![Planned { scope, loaded, plan, delivery }]).await?;
    Ok(applied)
}

/// Writes the plans for several connections, each of another user. The owners' rows are locked.
pub(super) async fn write_each(unit: &mut Unit, mut all: Vec<Planned<'_>>) -> Result<()> {
    write_connections(unit, &all).await?;
    let known = write_accounts(unit, &all).await?;
    write_transactions(unit, &all, &known).await?;
    let seqs: Vec<(i64, u64)> = (all.iter().filter(|planned| !planned.plan.events.is_empty()))
        .map(|planned| (planned.scope.owner.id, planned.plan.state.seq))
        .collect();
    if !seqs.is_empty() {
        owners::set_seqs(&mut unit.database, &seqs).await?;
        let appended = all.iter_mut().map(|Planned { scope, plan, delivery, .. }| Appended {
            owner: scope.owner,
            delivery: *delivery,
            events: std::mem::take(&mut plan.events),
        });
        event_log::append(unit, appended.collect()).await?;
    }
    let mut queued = Queued::default();
    for Planned { scope, plan, .. } in &all {
        queued.add(&scope.owner.user_id, &plan.outgoing)?;
    }
    queued.write(&mut unit.database, unit.now).await
}

async fn write_connections(unit: &mut Unit, all: &[Planned<'_>]) -> Result<()> {
    let mut with_events = Vec::new();
    for Planned { scope, plan, .. } in all {
        let connection = scope.connection;
        if let Some(changed) = plan.state.connection.as_ref().filter(|connection| connection.dirty != Dirty::No) {
            connection_row::set_state(&mut unit.database, connection.id, changed).await?;
            if changed.status == REVOKED && unit.shared.purges_revoked() {
                connection_row::begin_purge(&mut unit.database, connection).await?;
                unit.has_moves = true;
            }
        }
        if plan.events.iter().any(|event| is_of_connection(&plan.state, event)) {
            with_events.push(connection.id);
        }
    }
    if !with_events.is_empty() {
        connection_row::set_last_event(&mut unit.database, &with_events, unit.now).await?;
    }
    Ok(())
}

/// The ids of accounts' rows, by the provider's id.
type Accounts<'a> = HashMap<&'a str, i64>;

/// Writes the accounts that have changed; returns the rows of all, for each plan.
async fn write_accounts<'a>(unit: &mut Unit, all: &'a [Planned<'_>]) -> Result<Vec<Accounts<'a>>> {
    let mut written = WrittenAccounts::default();
    for Planned { scope, plan, .. } in all {
        let changed = plan.state.accounts.iter().filter(|(_, account)| account.dirty != Dirty::No);
        changed.for_each(|(account_id, account)| written.add(scope.connection, account_id, account));
    }
    let rows = written.write(&mut unit.database, unit.now).await?;
    let rows: HashMap<_, _> =
        rows.iter().map(|(connection, account_id, id)| ((*connection, account_id.as_str()), *id)).collect();
    let known = all.iter().map(|Planned { scope, loaded, plan, .. }| {
        let loaded = loaded.accounts.iter().map(|(account_id, id)| (account_id.as_str(), *id));
        let row = |account_id: &'a str| Some((account_id, *rows.get(&(scope.connection.id, account_id))?));
        loaded.chain(plan.state.accounts.keys().filter_map(|account_id| row(account_id))).collect()
    });
    Ok(known.collect())
}

async fn write_transactions(unit: &mut Unit, all: &[Planned<'_>], known: &[Accounts<'_>]) -> Result<()> {
    let mut sources = Sources::default();
    let (mut new, mut changed, mut deleted) = (WrittenRows::default(), WrittenRows::default(), Vec::new());
    let mut tombstones = WrittenTombstones::default();
    for (Planned { scope, loaded, plan, .. }, accounts) in all.iter().zip(known) {
        for (key, transaction) in &plan.state.transactions {
            let account = || account(accounts, &key.0);
            let row = loaded.rows.get(key).map(|(id, _)| *id);
            match transaction {
                TransactionState::Live(stored) if stored.dirty != Dirty::No => {
                    let source = sources.of(unit, &stored.transaction).await?;
                    let place = Place { owner: scope.owner.id, account: account()?, source };
                    if loaded.tombstones.contains(key) {
                        tombstones.restore(place.account, &key.1);
                    }
                    match row {
                        Some(_) => changed.add(row, place, stored)?,
                        None => new.add(row, place, stored)?,
                    }
                }
                TransactionState::Deleted(tombstone) if tombstone.dirty != Dirty::No => {
                    deleted.extend(row);
                    tombstones.add(account()?, &key.1, tombstone);
                }
                TransactionState::Live(_) | TransactionState::Deleted(_) => {}
            }
        }
    }
    if !deleted.is_empty() {
        row::delete(&mut unit.database, &deleted).await?;
    }
    tombstones.write(unit).await?;
    changed.update(&mut unit.database).await?;
    new.insert(&mut unit.database).await
}

fn account(accounts: &Accounts<'_>, account_id: &str) -> Result<i64> {
    let account = accounts.get(account_id).copied();
    account.ok_or_else(|| Error::Corrupt(format!("there is no account {account_id}")))
}

/// The sources of transactions, each looked up once; usually all have the same.
#[derive(Default)]
struct Sources<'a>(Vec<(i64, &'a Transaction)>);

impl<'a> Sources<'a> {
    async fn of(&mut self, unit: &mut Unit, transaction: &'a Transaction) -> Result<i64> {
        if let Some((id, _)) = self.0.iter().find(|(_, same)| is_same_source(same, transaction)) {
            return Ok(*id);
        }
        let id = owners::source(&mut unit.database, transaction).await?;
        self.0.push((id, transaction));
        Ok(id)
    }
}
