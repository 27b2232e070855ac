//! Applying a page of a run.
//!
//! Owns that its changes are applied to the registration with which the run began, and which changes are held back until
//! the end of the run. Must not decide what changes or what is held back: `ledger` does.

use std::collections::HashSet;

use ledger::{Change, Context};
use sqlx::PgConnection;

use super::unit::Unit;
use super::{load, owners, plan, syncs};
use crate::store::rows::{Loaded, Scope};
use crate::store::{AppliedPage, Changed, ConnectorRef, Result, SyncKey, SyncPage};

/// Applies a page.
pub(super) async fn apply(
    unit: &mut Unit,
    key: &SyncKey,
    connector: &ConnectorRef,
    page: &SyncPage,
) -> Result<AppliedPage> {
    let connection = syncs::registered(&mut unit.database, key).await?;
    let owner = owners::lock(unit, connection.owner).await?;
    let scope = Scope { connector, connection: &connection, owner: &owner, arrived: unit.now };
    let mut loaded = load::for_changes(unit, &scope, &page.changes).await?;
    let (now, held_back) = split(&mut unit.database, &loaded, page).await?;
    let state = std::mem::take(&mut loaded.state);
    let planned = ledger::apply(&Context { is_fetched: true, ..unit.context(&scope, page.arrival) }, state, &now);
    let applied = plan::write(unit, &scope, &loaded, planned).await?;
    let known: HashSet<i64> = loaded.rows.values().map(|(id, _)| *id).collect();
    let named: Vec<i64> = load::for_changes(unit, &scope, &now).await?.rows.into_values().map(|(id, _)| id).collect();
    let added = named.iter().filter(|id| !known.contains(id)).copied().collect();
    Ok(AppliedPage { named, added, held_back, changed: Changed { new: applied.new, updated: applied.updated } })
}

/// The changes to apply now, and those held back until the end of the run.
async fn split(database: &mut PgConnection, loaded: &Loaded, page: &SyncPage) -> Result<(Vec<Change>, Vec<Change>)> {
    let on_this_page: HashSet<i64> = loaded.rows.values().map(|(id, _)| *id).collect();
    let named: HashSet<&str> = page.changes.iter().filter_map(Change::account_id).collect();
    let accounts: Vec<i64> = named.iter().filter_map(|id| loaded.accounts.get(*id).copied()).collect();
    let pending: Vec<(i64, i64)> =
        sqlx::query_as("SELECT account, id FROM transactions WHERE account = ANY($1) AND status = 0")
            .bind(accounts)
            .fetch_all(database)
            .await?;
    let is_named = |id: &i64| page.named.contains(id) || on_this_page.contains(id);
    let unnamed: HashSet<i64> =
        pending.into_iter().filter(|(_, id)| !is_named(id)).map(|(account, _)| account).collect();
    let account = |change: &Change| loaded.accounts.get(change.account_id()?).copied();
    let has_unnamed = |change: &Change| account(change).is_some_and(|account| unnamed.contains(&account));
    let waits = |change: &&Change| ledger::waits_for_end(&loaded.state, change, has_unnamed(change));
    let (held_back, now): (Vec<&Change>, Vec<&Change>) = page.changes.iter().partition(waits);
    Ok((now.into_iter().cloned().collect(), held_back.into_iter().cloned().collect()))
}
