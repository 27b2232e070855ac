//! Loading the rows that changes affect.
//!
//! Owns which rows those are. Must not decide what changes.

use ledger::{AccountState, Change, Dirty, Recency, Tombstone, TransactionState};
use rusqlite::{Connection as Database, OptionalExtension as _, params};

use super::row;
use super::unit::Unit;
use super::{accounts, hash, moves, owners};
use crate::store::Result;
use crate::store::rows::{Loaded, Scope};

/// Loads the rows that changes affect.
pub(super) fn for_changes(unit: &mut Unit<'_>, scope: &Scope<'_>, changes: &[Change]) -> Result<Loaded> {
    let mut loaded = Loaded::nothing(scope);
    loaded.state.connection = Some(scope.connection.state());
    accounts(unit, scope, changes.iter().filter_map(Change::account_id), &mut loaded)?;
    let named = changes.iter().filter_map(Change::transaction);
    for (account_id, transaction_id) in named.chain(changes.iter().filter_map(Change::predecessor)) {
        // If the account is unknown, so is the transaction.
        let Some(account) = loaded.accounts.get(account_id).copied() else { continue };
        let key = loaded.state.key_of(account_id, transaction_id);
        if !loaded.state.transactions.contains_key(&key) {
            transaction(unit.database, scope, account, key, &mut loaded)?;
        }
    }
    Ok(loaded)
}

/// Loads these accounts, if they are known. An account of the same user's removed connection moves to this one.
pub(super) fn accounts<'a>(
    unit: &mut Unit<'_>,
    scope: &Scope<'_>,
    ids: impl Iterator<Item = &'a str>,
    loaded: &mut Loaded,
) -> Result<()> {
    for account_id in ids {
        if loaded.accounts.contains_key(account_id) {
            continue;
        }
        let mut known = accounts::load(unit.database, scope.connection.id, account_id)?;
        if known.is_none() && moves::adopt(unit, scope, account_id)? {
            known = accounts::load(unit.database, scope.connection.id, account_id)?;
            // `adopt` may have finished an earlier move and reported events.
            loaded.state.seq = owners::get(unit.database, scope.owner.id)?.seq;
        }
        if let Some((id, account)) = known {
            loaded.accounts.insert(account_id.to_owned(), id);
            loaded.state.accounts.insert(account_id.to_owned(), account);
        } else if let Some(first_revision) =
            accounts::first_free_revision(unit.database, scope.owner.id, &scope.connector.id, account_id)?
        {
            let account = AccountState { first_revision, dirty: Dirty::New, ..AccountState::default() };
            loaded.state.accounts.insert(account_id.to_owned(), account);
        }
    }
    Ok(())
}

fn transaction(
    database: &Database,
    scope: &Scope<'_>,
    account: i64,
    key: (String, String),
    loaded: &mut Loaded,
) -> Result<()> {
    let found = row::find(database, account, &key.1, &scope.owner.user_id)?;
    let key_hash = hash::of(&key.1);
    if let Some(row) = found {
        loaded.take(&key.0, row);
    } else if let Some(tombstone) = tombstone(database, (account, key_hash), &key.1)? {
        loaded.tombstones.insert(key.clone());
        loaded.state.transactions.insert(key, TransactionState::Deleted(tombstone));
    }
    Ok(())
}

fn tombstone(database: &Database, (account, key_hash): (i64, i64), transaction_id: &str) -> Result<Option<Tombstone>> {
    let mut statement = database.prepare_cached(
        "SELECT version, arrival, revision FROM tombstones WHERE account = ?1 AND key_hash = ?2 AND transaction_id = ?3",
    )?;
    let lookup = params![account, key_hash, transaction_id];
    let tombstone = statement.query_row(lookup, |row| {
        let recency = Recency { version: row.get(0)?, arrival: row.get(1)? };
        Ok(Tombstone { recency, revision: row.get(2)?, dirty: Dirty::No })
    });
    Ok(tombstone.optional()?)
}
