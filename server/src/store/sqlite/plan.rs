//! Writing the ledger's plan.
//!
//! Owns that rows, events and calls to the core app are written in one database transaction. Must not decide what changes.

use std::collections::HashMap;

use ledger::{Applied, Dirty, Plan, State, Tombstone, TransactionState};
use rusqlite::{Connection as Database, params};

use super::unit::Unit;
use super::{accounts, connection_row, event_log, hash, outbox, owners, row};
use crate::store::rows::{Loaded, Place, REVOKED, Scope, is_of_connection, is_same_source};
use crate::store::{Error, Result};

/// Writes the ledger's plan.
pub(super) fn write(unit: &mut Unit<'_>, scope: &Scope<'_>, loaded: &Loaded, plan: Plan) -> Result<Applied> {
    let Plan { state, events, outgoing, applied } = plan;
    if let Some(connection) = state.connection.as_ref().filter(|connection| connection.dirty != Dirty::No) {
        connection_row::set_state(unit.database, scope.connection.id, connection)?;
        if connection.status == REVOKED && unit.shared.purges_revoked() {
            connection_row::begin_purge(unit.database, scope.connection)?;
            unit.shared.has_moves();
        }
    }
    if events.iter().any(|event| is_of_connection(&state, event)) {
        connection_row::set_last_event(unit.database, scope.connection.id, unit.now)?;
    }
    let accounts = write_accounts(unit, scope, loaded, &state)?;
    let rows = write_transactions(unit, scope, loaded, &accounts, &state)?;
    if !events.is_empty() {
        owners::set_seq(unit.database, scope.owner.id, state.seq)?;
    }
    for event in events {
        let row = event.of_transaction.as_ref().and_then(|key| rows.get(key));
        // By now, the row may be deleted or hold a newer revision.
        let subject = row.filter(|(_, changed_seq)| *changed_seq == event.seq).map(|(id, _)| *id);
        let event = event_log::append(unit, scope.owner, event, subject)?;
        unit.events.push(event);
    }
    for call in &outgoing {
        outbox::append(unit.database, &scope.owner.user_id, call, unit.now)?;
    }
    Ok(applied)
}

/// The ids of accounts' rows, by the provider's id.
type Accounts<'a> = HashMap<&'a str, i64>;
/// The ids of transactions' rows, with the event numbers of their newest revisions.
type Rows<'a> = HashMap<&'a (String, String), (i64, u64)>;

fn write_accounts<'a>(
    unit: &Unit<'_>,
    scope: &Scope<'_>,
    loaded: &'a Loaded,
    state: &'a State,
) -> Result<Accounts<'a>> {
    let mut ids: Accounts<'a> = loaded.accounts.iter().map(|(account_id, id)| (account_id.as_str(), *id)).collect();
    for (account_id, account) in &state.accounts {
        if account.dirty != Dirty::No {
            let known = ids.get(account_id.as_str()).copied();
            let id = accounts::write(unit.database, known, scope.connection, account_id, account, unit.now)?;
            ids.insert(account_id, id);
        }
    }
    Ok(ids)
}

fn write_transactions<'a>(
    unit: &Unit<'_>,
    scope: &Scope<'_>,
    loaded: &Loaded,
    accounts: &Accounts<'_>,
    state: &'a State,
) -> Result<Rows<'a>> {
    let mut rows = Rows::new();
    let mut source: Option<(i64, &ledger::StoredTransaction)> = None;
    for (key, transaction) in &state.transactions {
        let account = || {
            let account = accounts.get(key.0.as_str()).copied();
            account.ok_or_else(|| Error::Corrupt(format!("there is no account {}", key.0)))
        };
        let known = loaded.rows.get(key);
        match transaction {
            TransactionState::Live(stored) if stored.dirty != Dirty::No => {
                // Usually all transactions of a plan have the same source.
                let (source_id, _) = match source {
                    Some(same) if is_same_source(&same.1.transaction, &stored.transaction) => same,
                    _ => (owners::source(unit.database, &stored.transaction)?, &**stored),
                };
                source = Some((source_id, stored));
                let place = Place { owner: scope.owner.id, account: account()?, source: source_id };
                if loaded.tombstones.contains(key) {
                    delete_tombstone(unit.database, place.account, &key.1)?;
                }
                let id = write_row(unit, scope, known.copied(), place, stored)?;
                rows.insert(key, (id, stored.changed_seq));
            }
            TransactionState::Deleted(tombstone) if tombstone.dirty != Dirty::No => {
                if let Some((id, changed_seq)) = known {
                    delete_row(unit, scope, *id, *changed_seq)?;
                }
                write_tombstone(unit, account()?, &key.1, tombstone)?;
            }
            TransactionState::Live(_) | TransactionState::Deleted(_) => {}
        }
    }
    Ok(rows)
}

/// Writes a transaction's row; returns its id. The event of its previous revision keeps the payload that was sent.
fn write_row(
    unit: &Unit<'_>,
    scope: &Scope<'_>,
    known: Option<(i64, u64)>,
    place: Place,
    stored: &ledger::StoredTransaction,
) -> Result<i64> {
    let (database, epoch) = (unit.database, &unit.epoch);
    let newest_id = stored.transaction.provider_transaction_id.as_deref();
    match known {
        Some((id, changed_seq)) if changed_seq != stored.changed_seq => {
            event_log::detach(database, epoch, scope.owner, id, changed_seq)?;
        }
        // A new id at the provider is not a new revision: the event remains the row's newest.
        Some((id, changed_seq)) if newest_id.is_some() => {
            event_log::keep_payload(database, epoch, scope.owner, id, changed_seq)?;
        }
        Some(_) | None => {}
    }
    let id = row::write(database, known.map(|(id, _)| id), place, stored)?;
    if known.is_some() || newest_id.is_some() {
        row::set_provider_id(database, id, newest_id)?;
    }
    Ok(id)
}

/// Deletes a transaction's row; its events stay.
pub(super) fn delete_row(unit: &Unit<'_>, scope: &Scope<'_>, id: i64, changed_seq: u64) -> Result<()> {
    event_log::detach(unit.database, &unit.epoch, scope.owner, id, changed_seq)?;
    unit.database.prepare_cached("DELETE FROM transactions WHERE id = ?1")?.execute([id])?;
    Ok(())
}

fn write_tombstone(unit: &Unit<'_>, account: i64, transaction_id: &str, tombstone: &Tombstone) -> Result<()> {
    let Tombstone { recency, revision, .. } = tombstone;
    unit.database
        .prepare_cached(
            "INSERT OR REPLACE INTO tombstones (account, key_hash, transaction_id, revision, version, arrival, deleted_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            account,
            hash::of(transaction_id),
            transaction_id,
            revision,
            recency.version,
            recency.arrival,
            unit.now.as_millisecond()
        ])?;
    Ok(())
}

fn delete_tombstone(database: &Database, account: i64, transaction_id: &str) -> Result<()> {
    database
        .prepare_cached("DELETE FROM tombstones WHERE account = ?1 AND key_hash = ?2 AND transaction_id = ?3")?
        .execute(params![account, hash::of(transaction_id), transaction_id])?;
    Ok(())
}
