//! Transactions of whole accounts: moved to another connection, or purged.
//!
//! Owns doing so in small units of work, each complete in itself, so that no delivery waits long behind one and a crash in
//! between loses nothing. Must not decide which events are reported: the ledger does.

use ledger::TransactionState;
use rusqlite::{Connection as Database, OptionalExtension as _, Row, params};

use super::row::{self, columns, tables};
use super::unit::Unit;
use super::{connection_row, owners, plan};
use crate::store::Result;
use crate::store::rows::{ConnectionRow, Loaded, Scope};

/// How many transactions a unit of work takes.
const AT_ONCE: usize = 250;

/// Moves an account here from the most recently removed connection of the user that had it; returns whether there was one.
/// The account and its values move at once, its transactions step by step.
pub(super) fn adopt(unit: &mut Unit<'_>, scope: &Scope<'_>, account_id: &str) -> Result<bool> {
    let former: Option<(i64, String)> = unit
        .database
        .prepare_cached(
            "SELECT a.id, c.connection_id FROM accounts a JOIN connections c ON c.id = a.connection
             WHERE a.owner = ?1 AND a.account_id = ?2 AND c.connector_id = ?3 AND c.removed_at IS NOT NULL
                 AND NOT c.is_purging ORDER BY c.removed_at DESC, a.id DESC LIMIT 1",
        )?
        .query_row(params![scope.owner.id, account_id, scope.connector.id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((account, former)) = former else { return Ok(false) };
    // Finishes a move that a crash interrupted; otherwise the transactions would be spread over three connections.
    while let Some(moving) = moving(unit.database, Some(account))? {
        move_some(unit, &moving)?;
    }
    unit.database
        .prepare_cached(
            "UPDATE accounts SET connection = ?2, moved_from = nullif(?3, ?4), moved_since = ?5, moved_up_to = ?6
             WHERE id = ?1",
        )?
        .execute(params![
            account,
            scope.connection.id,
            former,
            scope.connection.connection_id,
            owners::get(unit.database, scope.owner.id)?.seq,
            i64::MIN
        ])?;
    unit.shared.has_moves();
    Ok(true)
}

/// Moves or purges some transactions; returns whether there may be more.
pub(super) fn step(unit: &mut Unit<'_>) -> Result<bool> {
    if let Some(account) = moving(unit.database, None)? {
        move_some(unit, &account)?;
        return Ok(true);
    }
    let Some(connection) = connection_row::purging(unit.database)? else { return Ok(false) };
    purge_some(unit, &connection)?;
    Ok(true)
}

/// An account.
struct Account {
    id: i64,
    account_id: String,
    connection: i64,
}

/// An account whose transactions are being moved: this one, or any.
fn moving(database: &Database, id: Option<i64>) -> Result<Option<Account>> {
    let mut statement = database.prepare_cached(
        "SELECT id, account_id, connection FROM accounts WHERE moved_from IS NOT NULL AND id = coalesce(?1, id) LIMIT 1",
    )?;
    Ok(statement.query_row([id], account).optional()?)
}

fn account(row: &Row<'_>) -> rusqlite::Result<Account> {
    Ok(Account { id: row.get(0)?, account_id: row.get(1)?, connection: row.get(2)? })
}

fn move_some(unit: &mut Unit<'_>, account: &Account) -> Result<()> {
    let database = unit.database;
    let connection = connection_row::get(database, account.connection)?;
    let owner = owners::get(database, connection.owner)?;
    let connector = connection.connector();
    let scope = Scope { connector: &connector, connection: &connection, owner: &owner, arrived: unit.now };
    let mut loaded = Loaded::nothing(&scope);
    let last = load_some(database, &scope, account, &mut loaded)?;
    let planned = ledger::relink(&unit.context(&scope, 0), std::mem::take(&mut loaded.state));
    plan::write(unit, &scope, &loaded, planned)?;
    match last {
        Some(hash) => database
            .prepare_cached("UPDATE accounts SET moved_up_to = ?2 WHERE id = ?1")?
            .execute([account.id, hash])?,
        None => {
            database.prepare_cached("UPDATE accounts SET moved_from = NULL WHERE id = ?1")?.execute([account.id])?
        }
    };
    Ok(())
}

fn purge_some(unit: &mut Unit<'_>, connection: &ConnectionRow) -> Result<()> {
    let database = unit.database;
    let account = database
        .prepare_cached(
            "SELECT id, account_id, connection FROM accounts a
             WHERE connection = ?1 AND EXISTS (SELECT 1 FROM transactions WHERE account = a.id) LIMIT 1",
        )?
        .query_row([connection.id], account)
        .optional()?;
    let Some(account) = account else { return end_purge(database, connection.id) };
    let owner = owners::get(database, connection.owner)?;
    let connector = connection.connector();
    let scope = Scope { connector: &connector, connection, owner: &owner, arrived: unit.now };
    let mut loaded = Loaded::nothing(&scope);
    database
        .prepare_cached("UPDATE accounts SET moved_from = NULL, moved_up_to = ?2 WHERE id = ?1")?
        .execute([account.id, i64::MIN])?;
    load_some(database, &scope, &account, &mut loaded)?;
    for (id, changed_seq) in loaded.rows.values() {
        plan::delete_row(unit, &scope, *id, *changed_seq)?;
    }
    // The deletion takes the next revision, and the one after it is unused.
    let newest = loaded.state.transactions.values().filter_map(|state| match state {
        TransactionState::Live(stored) => Some(stored.transaction.revision + 2),
        TransactionState::Deleted(_) => None,
    });
    database
        .prepare_cached("UPDATE accounts SET first_revision = max(first_revision, ?2) WHERE id = ?1")?
        .execute(params![account.id, newest.max()])?;
    let planned = ledger::purge(&unit.context(&scope, 0), std::mem::take(&mut loaded.state));
    plan::write(unit, &scope, &loaded, planned)?;
    Ok(())
}

/// Clears all reported data except the accounts' ids and their used revisions. To the core app, a transaction that is
/// reported again is a new one.
fn end_purge(database: &Database, connection: i64) -> Result<()> {
    database
        .prepare_cached(
            "UPDATE accounts SET name = NULL, last_digits = NULL, kind = NULL, currency = NULL, balance = NULL,
                 available = NULL, version = NULL, arrival = 0, recencies = NULL, moved_from = NULL,
                 first_revision = max(first_revision,
                     coalesce((SELECT max(revision) + 1 FROM tombstones WHERE account = accounts.id), 1))
             WHERE connection = ?1",
        )?
        .execute([connection])?;
    database
        .prepare_cached("DELETE FROM tombstones WHERE account IN (SELECT id FROM accounts WHERE connection = ?1)")?
        .execute([connection])?;
    database.prepare_cached("UPDATE connections SET is_purging = 0 WHERE id = ?1")?.execute([connection])?;
    Ok(())
}

/// Loads an account's next transactions; returns the last one's hash if there may be more.
fn load_some(database: &Database, scope: &Scope<'_>, account: &Account, loaded: &mut Loaded) -> Result<Option<i64>> {
    loaded.accounts.insert(account.account_id.clone(), account.id);
    let mut statement = database.prepare_cached(concat!(
        "SELECT ",
        columns!(),
        ", t.key_hash FROM ",
        tables!(),
        " WHERE t.account = ?1 AND t.key_hash > a.moved_up_to ORDER BY t.key_hash LIMIT ?2"
    ))?;
    let rows = statement.query_and_then(params![account.id, AT_ONCE], |row| {
        Ok((self::row::read(row, &scope.owner.user_id)?, row.get::<_, i64>(20)?))
    })?;
    let rows: Vec<_> = rows.collect::<Result<_>>()?;
    let last = rows.last().filter(|_| rows.len() == AT_ONCE).map(|(_, hash)| *hash);
    for (row, _) in rows {
        loaded.take(&account.account_id, row);
    }
    Ok(last)
}
