//! Transactions of whole accounts: moved to another connection, or purged.
//!
//! Owns doing so in small units of work, each complete in itself, so that no delivery waits long behind one and a crash in
//! between loses nothing. Must not decide which events are reported: the ledger does.

use ledger::TransactionState;
use sqlx::PgConnection;

use super::row::select_transaction;
use super::unit::Unit;
use super::{connection_row, locks, owners, plan, row};
use crate::store::Result;
use crate::store::rows::{ConnectionRow, Loaded, Scope};

/// How many transactions a unit of work takes.
const AT_ONCE: i64 = 250;

/// Moves an account here from the most recently removed connection of the user that had it; returns whether there was one.
/// The account and its values move at once, its transactions step by step. The owner's row is locked.
pub(super) async fn adopt(unit: &mut Unit, scope: &Scope<'_>, account_id: &str) -> Result<bool> {
    let former: Option<(i64, String)> = sqlx::query_as(
        "SELECT a.id, c.connection_id FROM accounts a JOIN connections c ON c.id = a.connection
         WHERE a.owner = $1 AND a.account_id = $2 AND c.connector_id = $3 AND c.removed_at IS NOT NULL
             AND NOT c.is_purging ORDER BY c.removed_at DESC, a.id DESC LIMIT 1",
    )
    .bind(scope.owner.id)
    .bind(account_id)
    .bind(scope.connector.id.as_ref())
    .fetch_optional(&mut *unit.database)
    .await?;
    let Some((account, former)) = former else { return Ok(false) };
    // Finishes a move that a crash interrupted; otherwise the transactions would be spread over three connections.
    while let Some(moving) = moving(&mut unit.database, Some(account)).await? {
        let connection = connection_row::get(&mut unit.database, moving.connection).await?;
        move_some(unit, &connection, &moving).await?;
    }
    let seq = owners::lock(unit, scope.owner.id).await?.seq;
    sqlx::query(
        "UPDATE accounts SET connection = $2, moved_from = nullif($3, $4), moved_since = $5, moved_up_to = 0
         WHERE id = $1",
    )
    .bind(account)
    .bind(scope.connection.id)
    .bind(former)
    .bind(&scope.connection.connection_id)
    .bind(super::numbers::signed(seq))
    .execute(&mut *unit.database)
    .await?;
    unit.has_moves = true;
    Ok(true)
}

/// Moves or purges some transactions; returns whether there may be more. Another node may do the same, so what was found
/// without a lock is checked again under the locks.
pub(super) async fn step(unit: &mut Unit) -> Result<bool> {
    if let Some(found) = moving(&mut unit.database, None).await? {
        let connection = connection_row::get(&mut unit.database, found.connection).await?;
        lock(unit, &connection).await?;
        let still = moving(&mut unit.database, Some(found.id)).await?;
        if let Some(account) = still.filter(|account| account.connection == connection.id) {
            move_some(unit, &connection, &account).await?;
        }
        return Ok(true);
    }
    let Some(found) = connection_row::purging(&mut unit.database).await? else { return Ok(false) };
    lock(unit, &found).await?;
    let connection = connection_row::get(&mut unit.database, found.id).await?;
    purge_some(unit, &connection).await?;
    Ok(true)
}

async fn lock(unit: &mut Unit, connection: &ConnectionRow) -> Result<()> {
    locks::connection(&mut unit.database, &connection.connector_id, &connection.connection_id).await?;
    owners::lock(unit, connection.owner).await?;
    Ok(())
}

/// An account.
struct Account {
    id: i64,
    account_id: String,
    connection: i64,
}

impl From<(i64, String, i64)> for Account {
    fn from((id, account_id, connection): (i64, String, i64)) -> Self {
        Self { id, account_id, connection }
    }
}

/// An account whose transactions are being moved: this one, or any.
async fn moving(database: &mut PgConnection, id: Option<i64>) -> Result<Option<Account>> {
    let found: Option<(i64, String, i64)> = sqlx::query_as(
        "SELECT id, account_id, connection FROM accounts WHERE moved_from IS NOT NULL AND id = coalesce($1, id)
         ORDER BY id LIMIT 1",
    )
    .bind(id)
    .fetch_optional(database)
    .await?;
    Ok(found.map(Account::from))
}

async fn move_some(unit: &mut Unit, connection: &ConnectionRow, account: &Account) -> Result<()> {
    let owner = owners::lock(unit, connection.owner).await?;
    let connector = connection.connector();
    let scope = Scope { connector: &connector, connection, owner: &owner, arrived: unit.now };
    let mut loaded = Loaded::nothing(&scope);
    let last = load_some(&mut unit.database, &scope, account, &mut loaded).await?;
    let planned = ledger::relink(&unit.context(&scope, 0), std::mem::take(&mut loaded.state));
    plan::write(unit, &scope, &loaded, planned).await?;
    // If there are no more transactions, the move has ended.
    let update = "UPDATE accounts SET moved_up_to = coalesce($2, 0),
             moved_from = CASE WHEN $2::bigint IS NOT NULL THEN moved_from END
         WHERE id = $1";
    sqlx::query(update).bind(account.id).bind(last).execute(&mut *unit.database).await?;
    Ok(())
}

async fn purge_some(unit: &mut Unit, connection: &ConnectionRow) -> Result<()> {
    let account: Option<(i64, String, i64)> = sqlx::query_as(
        "SELECT id, account_id, connection FROM accounts a
         WHERE connection = $1 AND EXISTS (SELECT 1 FROM transactions WHERE account = a.id) ORDER BY id LIMIT 1",
    )
    .bind(connection.id)
    .fetch_optional(&mut *unit.database)
    .await?;
    let Some(account) = account.map(Account::from) else { return end_purge(&mut unit.database, connection.id).await };
    let owner = owners::lock(unit, connection.owner).await?;
    let connector = connection.connector();
    let scope = Scope { connector: &connector, connection, owner: &owner, arrived: unit.now };
    let mut loaded = Loaded::nothing(&scope);
    let database = &mut *unit.database;
    let update = sqlx::query("UPDATE accounts SET moved_from = NULL, moved_up_to = 0 WHERE id = $1");
    update.bind(account.id).execute(&mut *database).await?;
    load_some(database, &scope, &account, &mut loaded).await?;
    let ids: Vec<i64> = loaded.rows.values().map(|(id, _)| *id).collect();
    row::delete(database, &ids).await?;
    // The deletion takes the next revision, and the one after it is unused.
    let newest = loaded.state.transactions.values().filter_map(|state| match state {
        TransactionState::Live(stored) => Some(i64::from(stored.transaction.revision) + 2),
        TransactionState::Deleted(_) => None,
    });
    sqlx::query("UPDATE accounts SET first_revision = greatest(first_revision, $2) WHERE id = $1")
        .bind(account.id)
        .bind(newest.max())
        .execute(database)
        .await?;
    let planned = ledger::purge(&unit.context(&scope, 0), std::mem::take(&mut loaded.state));
    plan::write(unit, &scope, &loaded, planned).await?;
    Ok(())
}

/// Clears all reported data except the accounts' ids and their used revisions. To the core app, a transaction that is
/// reported again is a new one.
async fn end_purge(database: &mut PgConnection, connection: i64) -> Result<()> {
    for statement in [
        "UPDATE accounts SET name = NULL, last_digits = NULL, kind = NULL, currency = NULL, balance = NULL,
             available = NULL, version = NULL, arrival = 0, recencies = NULL, moved_from = NULL,
             first_revision = greatest(first_revision,
                 (SELECT max(revision) + 1 FROM tombstones WHERE account = accounts.id))
         WHERE connection = $1",
        "DELETE FROM tombstones WHERE account IN (SELECT id FROM accounts WHERE connection = $1)",
        "UPDATE connections SET is_purging = FALSE WHERE id = $1",
    ] {
        sqlx::query(statement).bind(connection).execute(&mut *database).await?;
    }
    Ok(())
}

/// Loads an account's next transactions; returns the last one's id if there may be more.
async fn load_some(
    database: &mut PgConnection,
    scope: &Scope<'_>,
    account: &Account,
    loaded: &mut Loaded,
) -> Result<Option<i64>> {
    loaded.accounts.insert(account.account_id.clone(), account.id);
    let rows =
        sqlx::query(select_transaction!(" WHERE t.account = $1 AND t.id > a.moved_up_to ORDER BY t.id LIMIT $2"));
    let rows = rows.bind(account.id).bind(AT_ONCE).fetch_all(database).await?;
    let rows = rows.iter().map(|row| self::row::read(row, &scope.owner.user_id)).collect::<Result<Vec<_>>>()?;
    let last = rows.last().filter(|_| i64::try_from(rows.len()) == Ok(AT_ONCE)).map(|row| row.id);
    for row in rows {
        loaded.take(&account.account_id, row);
    }
    Ok(last)
}
