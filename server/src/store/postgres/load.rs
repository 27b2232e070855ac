//! Loading what changes touch.
//!
//! Owns which rows those are. Must not decide what changes.

use std::collections::{BTreeSet, HashMap};

use ledger::{AccountState, Change, Dirty, Tombstone, TransactionState};
use sqlx::PgConnection;

use super::unit::Unit;
use super::{accounts, moves, owners, row, tombstones};
use crate::store::Result;
use crate::store::rows::{Loaded, Scope, TransactionRow};

/// Everything that these changes touch.
pub(super) async fn for_changes(unit: &mut Unit, scope: &Scope<'_>, changes: &[Change]) -> Result<Loaded> {
    let mut loaded = Loaded::nothing(scope);
    loaded.state.connection = Some(scope.connection.state());
    accounts(unit, scope, changes.iter().filter_map(Change::account_id), &mut loaded).await?;
    let named = changes.iter().filter_map(Change::transaction);
    let named: Vec<_> = named.chain(changes.iter().filter_map(Change::predecessor)).collect();
    let mut ids: HashMap<&str, BTreeSet<&str>> = HashMap::new();
    for (account_id, transaction_id) in &named {
        ids.entry(account_id).or_default().insert(transaction_id);
    }
    let mut stored = HashMap::new();
    for (account_id, ids) in ids {
        // A transaction of an account that is not known is not known either.
        if let Some(account) = loaded.accounts.get(account_id).copied() {
            let ids: Vec<&str> = ids.into_iter().collect();
            stored.insert(account_id, Stored::load(&mut unit.database, scope, account, &ids).await?);
        }
    }
    for (account_id, transaction_id) in named {
        let Some(stored) = stored.get_mut(account_id) else { continue };
        let key = loaded.state.key_of(account_id, transaction_id);
        if !loaded.state.transactions.contains_key(&key) {
            stored.take(key, &mut loaded);
        }
    }
    Ok(loaded)
}

/// What is stored in one account under some ids of the provider's.
struct Stored {
    rows: Vec<TransactionRow>,
    tombstones: HashMap<String, Tombstone>,
}

impl Stored {
    async fn load(database: &mut PgConnection, scope: &Scope<'_>, account: i64, ids: &[&str]) -> Result<Self> {
        let rows = row::named(database, account, ids, &scope.owner.user_id).await?;
        let tombstones = tombstones::named(database, account, ids).await?;
        Ok(Self { rows, tombstones: tombstones.into_iter().collect() })
    }

    /// Hands over what a key names: a transaction by its first id or by its newest, or that it was deleted.
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

/// These accounts, as far as they are known. One of a removed connection of the same user moves to this one.
pub(super) async fn accounts<'a>(
    unit: &mut Unit,
    scope: &Scope<'_>,
    ids: impl Iterator<Item = &'a str>,
    loaded: &mut Loaded,
) -> Result<()> {
    // In the order in which they are named: what becomes of them is reported in that order.
    let mut wanted: Vec<&str> = Vec::new();
    for id in ids {
        if !loaded.accounts.contains_key(id) && !wanted.contains(&id) {
            wanted.push(id);
        }
    }
    load_known(unit, scope, &wanted, loaded).await?;
    for account_id in wanted {
        if loaded.accounts.contains_key(account_id) {
            continue;
        }
        if moves::adopt(unit, scope, account_id).await? {
            load_known(unit, scope, &[account_id], loaded).await?;
            // An earlier move may have ended first, and have reported that.
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

async fn load_known(unit: &mut Unit, scope: &Scope<'_>, ids: &[&str], loaded: &mut Loaded) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    for (account_id, id, account) in accounts::load(&mut unit.database, scope.connection.id, ids).await? {
        loaded.accounts.insert(account_id.clone(), id);
        loaded.state.accounts.insert(account_id, account);
    }
    Ok(())
}
