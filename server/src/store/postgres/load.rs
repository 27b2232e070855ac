//! Loading the rows that changes affect.
//!
//! Owns which rows those are. Must not decide what changes.

use std::collections::{BTreeSet, HashMap};

use ledger::{AccountState, Change, Dirty, Tombstone, TransactionState};
use sqlx::PgConnection;

use super::unit::Unit;
use super::{accounts, moves, owners, row, tombstones};
use crate::store::rows::{Loaded, Scope, TransactionRow};
use crate::store::{Error, Result};

/// Loads the rows that changes of one connection affect.
pub(super) async fn for_changes(unit: &mut Unit, scope: &Scope<'_>, changes: &[Change]) -> Result<Loaded> {
    let loaded = for_each(unit, &[(scope, changes)]).await?.pop();
    loaded.ok_or_else(|| Error::Corrupt("nothing was loaded for a connection's changes".to_owned()))
}

/// The same for several connections, in their order. No two may have the same user.
pub(super) async fn for_each(unit: &mut Unit, all: &[(&Scope<'_>, &[Change])]) -> Result<Vec<Loaded>> {
    let mut loaded: Vec<Loaded> = all.iter().map(|(scope, _)| of_connection(scope)).collect();
    let wanted: Vec<Vec<&str>> = all.iter().map(|(_, changes)| wanted_accounts(changes)).collect();
    let named: Vec<(i64, &str)> = (all.iter().zip(&wanted))
        .flat_map(|((scope, _), wanted)| wanted.iter().map(|account_id| (scope.connection.id, *account_id)))
        .collect();
    let places = all.iter().enumerate().map(|(place, (scope, _))| (scope.connection.id, place));
    let places: HashMap<i64, usize> = places.collect();
    for account in known(&mut unit.database, &named).await? {
        if let Some(loaded) = places.get(&account.connection).and_then(|place| loaded.get_mut(*place)) {
            keep(loaded, account);
        }
    }
    for (((scope, _), wanted), loaded) in all.iter().zip(&wanted).zip(&mut loaded) {
        unknown_accounts(unit, scope, wanted, loaded).await?;
    }
    transactions(&mut unit.database, all, &mut loaded).await?;
    Ok(loaded)
}

fn of_connection(scope: &Scope<'_>) -> Loaded {
    let mut loaded = Loaded::nothing(scope);
    loaded.state.connection = Some(scope.connection.state());
    loaded
}

/// In the order in which changes name them, because events are reported in that order.
fn wanted_accounts(changes: &[Change]) -> Vec<&str> {
    let mut wanted = Vec::new();
    for account_id in changes.iter().filter_map(Change::account_id) {
        if !wanted.contains(&account_id) {
            wanted.push(account_id);
        }
    }
    wanted
}

/// Loads these accounts, if they are known. An account of the same user's removed connection moves to this one.
pub(super) async fn accounts<'a>(
    unit: &mut Unit,
    scope: &Scope<'_>,
    ids: impl Iterator<Item = &'a str>,
    loaded: &mut Loaded,
) -> Result<()> {
    let mut wanted: Vec<&str> = Vec::new();
    for id in ids {
        if !loaded.accounts.contains_key(id) && !wanted.contains(&id) {
            wanted.push(id);
        }
    }
    let named: Vec<(i64, &str)> = wanted.iter().map(|account_id| (scope.connection.id, *account_id)).collect();
    for account in known(&mut unit.database, &named).await? {
        keep(loaded, account);
    }
    unknown_accounts(unit, scope, &wanted, loaded).await
}

async fn known(database: &mut PgConnection, named: &[(i64, &str)]) -> Result<Vec<accounts::Stored>> {
    if named.is_empty() {
        return Ok(Vec::new());
    }
    accounts::load(database, named).await
}

fn keep(loaded: &mut Loaded, account: accounts::Stored) {
    loaded.accounts.insert(account.account_id.clone(), account.id);
    loaded.state.accounts.insert(account.account_id, account.state);
}

/// Handles the accounts that the connection does not have yet.
async fn unknown_accounts(unit: &mut Unit, scope: &Scope<'_>, wanted: &[&str], loaded: &mut Loaded) -> Result<()> {
    for account_id in wanted.iter().copied() {
        if loaded.accounts.contains_key(account_id) {
            continue;
        }
        if moves::adopt(unit, scope, account_id).await? {
            for account in known(&mut unit.database, &[(scope.connection.id, account_id)]).await? {
                keep(loaded, account);
            }
            // `adopt` may have finished an earlier move and reported events.
            loaded.state.seq = owners::lock(unit, scope.owner.id).await?.seq;
            continue;
        }
        let (owner, connector) = (scope.owner.id, &scope.connector.id);
        let first = accounts::first_free_revision(&mut unit.database, owner, connector, account_id).await?;
        if let Some(first_revision) = first {
            let account = AccountState { first_revision, dirty: Dirty::New, ..AccountState::default() };
            loaded.state.accounts.insert(account_id.to_owned(), account);
        }
    }
    Ok(())
}

/// Loads the transactions that the changes name, from the loaded accounts.
async fn transactions(
    database: &mut PgConnection,
    all: &[(&Scope<'_>, &[Change])],
    loaded: &mut [Loaded],
) -> Result<()> {
    let (mut users, mut wanted) = (HashMap::new(), BTreeSet::new());
    for ((scope, changes), loaded) in all.iter().zip(&*loaded) {
        for (account_id, transaction_id) in named(changes) {
            // If the account is unknown, so is the transaction.
            if let Some(account) = loaded.accounts.get(account_id).copied() {
                users.insert(account, scope.owner.user_id.as_str());
                wanted.insert((account, transaction_id));
            }
        }
    }
    if wanted.is_empty() {
        return Ok(());
    }
    let mut stored = Stored::load(database, &wanted, &users).await?;
    for ((_, changes), loaded) in all.iter().zip(loaded) {
        for (account_id, transaction_id) in named(changes) {
            let account = loaded.accounts.get(account_id).copied();
            let Some(stored) = account.and_then(|account| stored.get_mut(&account)) else { continue };
            let key = loaded.state.key_of(account_id, transaction_id);
            if !loaded.state.transactions.contains_key(&key) {
                stored.take(key, loaded);
            }
        }
    }
    Ok(())
}

/// The transactions that changes name, by account and provider's id.
fn named(changes: &[Change]) -> impl Iterator<Item = (&str, &str)> {
    changes.iter().filter_map(Change::transaction).chain(changes.iter().filter_map(Change::predecessor))
}

/// The rows and tombstones of one account under some of the provider's ids.
#[derive(Default)]
struct Stored {
    rows: Vec<TransactionRow>,
    tombstones: HashMap<String, Tombstone>,
}

impl Stored {
    /// Loads them by account. `users` maps each account to its user.
    async fn load(
        database: &mut PgConnection,
        wanted: &BTreeSet<(i64, &str)>,
        users: &HashMap<i64, &str>,
    ) -> Result<HashMap<i64, Self>> {
        let (accounts, ids): (Vec<i64>, Vec<&str>) = wanted.iter().copied().unzip();
        let mut stored: HashMap<i64, Self> = HashMap::new();
        for (account, row) in row::named(database, &accounts, &ids, |account| users.get(&account).copied()).await? {
            stored.entry(account).or_default().rows.push(row);
        }
        for (account, id, tombstone) in tombstones::named(database, &accounts, &ids).await? {
            stored.entry(account).or_default().tombstones.insert(id, tombstone);
        }
        Ok(stored)
    }

    /// Moves the transaction or tombstone that a key names to `loaded`. A transaction matches by its first or its newest
    /// id.
    fn take(&mut self, key: (String, String), loaded: &mut Loaded) {
        let by_first = |row: &TransactionRow| row.stored.transaction.transaction_id == key.1;
        let by_newest = |row: &TransactionRow| row.stored.provider_id() == key.1;
        let found = self.rows.iter().position(by_first).or_else(|| self.rows.iter().position(by_newest));
        if let Some(found) = found {
            loaded.take(&key.0, self.rows.swap_remove(found));
        } else if let Some(tombstone) = self.tombstones.remove(&key.1) {
            loaded.tombstones.insert(key.clone());
            loaded.state.transactions.insert(key, TransactionState::Deleted(tombstone));
        }
    }
}
