//! Accounts and their balances.
//!
//! Owns the table `accounts`. Must not decide which values of a report are stored: the ledger does.

use jiff::Timestamp;
use ledger::{AccountState, Dirty, Known, Recency};
use rusqlite::{Connection, Row, params};
use wire::api::Account;

use super::columns::{amount, currency, maybe_currency};
use crate::clock;
use crate::store::Result;
use crate::store::rows::{ConnectionRow, account_name, recencies_from_columns, recencies_to_columns};

/// Loads an account of a connection: its row's id and its state.
pub(super) fn load(database: &Connection, connection: i64, account_id: &str) -> Result<Option<(i64, AccountState)>> {
    let mut statement = database.prepare_cached(
        "SELECT id, name, last_digits, kind, currency, balance, available, version, arrival, recencies,
             first_revision
         FROM accounts WHERE connection = ?1 AND account_id = ?2",
    )?;
    let mut rows = statement.query_and_then(params![connection, account_id], state)?;
    rows.next().transpose()
}

fn state(row: &Row<'_>) -> Result<(i64, AccountState)> {
    let shared = Recency { version: row.get(7)?, arrival: row.get(8)? };
    let each = row.get_ref(9)?.as_blob_or_null().map_err(rusqlite::Error::from)?;
    let [name, last_digits, kind, of_currency, balance, available] = recencies_from_columns(shared, each);
    let account = AccountState {
        name: Known { value: row.get(1)?, recency: name },
        last_digits: Known { value: row.get(2)?, recency: last_digits },
        kind: Known { value: row.get(3)?, recency: kind },
        currency: Known { value: maybe_currency(row, 4)?, recency: of_currency },
        balance: Known { value: amount(row, 5)?, recency: balance },
        available: Known { value: amount(row, 6)?, recency: available },
        first_revision: row.get(10)?,
        dirty: Dirty::No,
    };
    Ok((row.get(0)?, account))
}

/// The first unused revision for transactions of an account that is new to its connection, while the user's account of the
/// same id is being purged under another connection; nothing if none is.
pub(super) fn first_free_revision(
    database: &Connection,
    owner: i64,
    connector_id: &str,
    account_id: &str,
) -> Result<Option<u32>> {
    // A deletion has its own revision.
    let mut statement = database.prepare_cached(
        "SELECT max(max(a.first_revision,
                 coalesce((SELECT max(revision) + 2 FROM transactions WHERE account = a.id), 1),
                 coalesce((SELECT max(revision) + 1 FROM tombstones WHERE account = a.id), 1)))
         FROM accounts a JOIN connections c ON c.id = a.connection
         WHERE a.owner = ?1 AND a.account_id = ?2 AND c.connector_id = ?3 AND c.is_purging",
    )?;
    Ok(statement.query_row(params![owner, account_id, connector_id], |row| row.get(0))?)
}

/// Writes an account, as a new row if it has none; returns the row's id.
pub(super) fn write(
    database: &Connection,
    id: Option<i64>,
    connection: &ConnectionRow,
    account_id: &str,
    account: &AccountState,
    now: Timestamp,
) -> Result<i64> {
    let (shared, each) = recencies_to_columns(account);
    database
        .prepare_cached(
            "INSERT INTO accounts (id, connection, owner, account_id, name, last_digits, kind, currency, balance,
                 available, version, arrival, recencies, updated_at, first_revision)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, max(?15, 1))
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, last_digits = excluded.last_digits,
                 kind = excluded.kind, currency = excluded.currency, balance = excluded.balance,
                 available = excluded.available, version = excluded.version, arrival = excluded.arrival,
                 recencies = excluded.recencies, updated_at = excluded.updated_at",
        )?
        .execute(params![
            id,
            connection.id,
            connection.owner,
            account_id,
            account.name.value,
            account.last_digits.value,
            account.kind.value,
            account.currency.value.map(|currency| currency.code().to_owned()),
            account.balance.value.map(|amount| amount.to_string()),
            account.available.value.map(|amount| amount.to_string()),
            shared.version,
            shared.arrival,
            each,
            now.as_millisecond(),
            account.first_revision,
        ])?;
    Ok(id.unwrap_or_else(|| database.last_insert_rowid()))
}

/// A user's accounts, by institution and name, without those of removed connections.
pub(super) fn of_user(database: &Connection, user_id: &str) -> Result<Vec<Account>> {
    let mut statement = database.prepare_cached(
        "SELECT a.account_id, c.connector_id, c.connection_id, a.name, c.institution_name, a.last_digits, a.kind,
                a.currency, a.balance, a.available, a.updated_at
         FROM owners o JOIN accounts a ON a.owner = o.id JOIN connections c ON c.id = a.connection
         WHERE o.user_id = ?1 AND c.removed_at IS NULL AND a.currency IS NOT NULL
         ORDER BY c.institution_name, a.name, a.account_id",
    )?;
    let rows = statement.query_and_then([user_id], read)?;
    rows.collect()
}

fn read(row: &Row<'_>) -> Result<Account> {
    let account_id: String = row.get(0)?;
    let last_digits: Option<String> = row.get(5)?;
    Ok(Account {
        connector_id: row.get(1)?,
        connection_id: row.get(2)?,
        name: account_name(row.get(3)?, last_digits.as_deref(), &account_id),
        institution_name: row.get(4)?,
        last_digits,
        kind: row.get(6)?,
        currency: currency(row, 7)?,
        balance: amount(row, 8)?,
        available: amount(row, 9)?,
        updated_at: clock::rfc3339_of_millis(row.get(10)?),
        account_id,
    })
}
