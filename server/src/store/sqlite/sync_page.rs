//! Applying a page of a run.
//!
//! Owns that its changes are applied to the registration with which the run began, and which changes are held back until
//! the end of the run. Must not decide what changes or what is held back: `ledger` does.

use std::collections::{HashMap, HashSet};

use ledger::{Change, Context};
use rusqlite::Connection as Database;

use super::unit::Unit;
use super::{load, owners, plan, syncs};
use crate::store::rows::{Loaded, Scope};
use crate::store::{AppliedPage, Changed, ConnectorRef, Result, SyncKey, SyncPage};

/// Applies a page.
pub(super) fn apply(
    unit: &mut Unit<'_>,
    key: &SyncKey,
    connector: &ConnectorRef,
    page: &SyncPage,
) -> Result<AppliedPage> {
    let connection = syncs::registered(unit.database, key)?;
    let owner = owners::get(unit.database, connection.owner)?;
    let scope = Scope { connector, connection: &connection, owner: &owner, arrived: unit.now };
    let mut loaded = load::for_changes(unit, &scope, &page.changes)?;
    let (now, held_back) = split(unit.database, &loaded, page)?;
    let context = Context { is_fetched: true, ..unit.context(&scope, page.arrival) };
    let planned = ledger::apply(&context, std::mem::take(&mut loaded.state), &now);
    let applied = plan::write(unit, &scope, &loaded, planned)?;
    let known: HashSet<i64> = loaded.rows.values().map(|(id, _)| *id).collect();
    let named: Vec<i64> = load::for_changes(unit, &scope, &now)?.rows.into_values().map(|(id, _)| id).collect();
    let added = named.iter().filter(|id| !known.contains(id)).copied().collect();
    Ok(AppliedPage { named, added, held_back, changed: Changed { new: applied.new, updated: applied.updated } })
}

/// The changes to apply now, and those held back until the end of the run.
fn split(database: &Database, loaded: &Loaded, page: &SyncPage) -> Result<(Vec<Change>, Vec<Change>)> {
    let on_this_page: HashSet<i64> = loaded.rows.values().map(|(id, _)| *id).collect();
    let mut accounts: HashMap<&str, bool> = HashMap::new();
    for account_id in page.changes.iter().filter_map(Change::account_id) {
        if !accounts.contains_key(account_id) {
            let account = loaded.accounts.get(account_id).copied();
            let pending = account.map(|account| pending(database, account)).transpose()?.unwrap_or_default();
            let is_named = |id: &i64| page.named.contains(id) || on_this_page.contains(id);
            accounts.insert(account_id, !pending.iter().all(is_named));
        }
    }
    let has_unnamed = |change: &Change| change.account_id().is_some_and(|id| accounts.get(id) == Some(&true));
    let waits = |change: &&Change| ledger::waits_for_end(&loaded.state, change, has_unnamed(change));
    let (held_back, now): (Vec<&Change>, Vec<&Change>) = page.changes.iter().partition(waits);
    Ok((now.into_iter().cloned().collect(), held_back.into_iter().cloned().collect()))
}

/// The pending transactions of an account.
fn pending(database: &Database, account: i64) -> Result<Vec<i64>> {
    let mut statement = database.prepare_cached("SELECT id FROM transactions WHERE account = ?1 AND status = 0")?;
    let ids = statement.query_map([account], |row| row.get(0))?;
    Ok(ids.collect::<rusqlite::Result<_>>()?)
}
