//! The row of a transaction.
//!
//! Owns which column holds which member, in both directions. Must not decide what is written.

use ledger::{Recency, StoredTransaction};
use rusqlite::{Connection, Row, params};

use super::hash;
use crate::store::rows::{Columns, Place, TransactionRow, Written};
use crate::store::{Error, Result};

/// The columns that [`read`] reads. A literal, so that the compiler concatenates statements.
macro_rules! columns {
    () => {
        "t.id, t.transaction_id, a.account_id, \
         coalesce(iif(t.changed_seq <= a.moved_since, a.moved_from, NULL), c.connection_id), \
         s.source, s.connector_id, s.connector_type, t.date_ms, t.is_day, t.first_seen_ms, t.amount, t.currency, \
         t.primary_type, t.status, t.description, t.details, t.revision, t.changed_seq, t.version, t.arrival"
    };
}
pub(super) use columns;

/// The tables that hold a transaction.
macro_rules! tables {
    () => {
        "transactions t JOIN accounts a ON a.id = t.account JOIN connections c ON c.id = a.connection \
         JOIN sources s ON s.id = t.source"
    };
}
pub(super) use tables;

/// A query of transactions for [`read`].
macro_rules! select_transaction {
    () => {
        concat!("SELECT ", columns!(), " FROM ", tables!())
    };
}
pub(super) use select_transaction;

/// Reads [`columns`] of one of a user's transactions.
pub(super) fn read(row: &Row<'_>, user_id: &str) -> Result<TransactionRow> {
    let text = |index| row.get_ref(index)?.as_str().map_err(rusqlite::Error::from);
    let columns = Columns {
        id: row.get(0)?,
        transaction_id: row.get(1)?,
        account_id: row.get(2)?,
        connection_id: row.get(3)?,
        source: row.get(4)?,
        connector_id: row.get(5)?,
        connector_type: row.get(6)?,
        date_ms: row.get(7)?,
        is_day: row.get(8)?,
        first_seen_ms: row.get(9)?,
        amount: text(10)?,
        currency: text(11)?,
        primary_type: row.get(12)?,
        status: row.get(13)?,
        description: row.get(14)?,
        details: row.get_ref(15)?.as_str_or_null().map_err(rusqlite::Error::from)?,
        revision: row.get(16)?,
        changed_seq: row.get(17)?,
        recency: Recency { version: row.get(18)?, arrival: row.get(19)? },
    };
    columns.read(user_id)
}

/// One of a user's transactions by row id.
pub(super) fn get(database: &Connection, id: i64, user_id: &str) -> Result<TransactionRow> {
    let mut statement = database.prepare_cached(concat!(select_transaction!(), " WHERE t.id = ?1"))?;
    let row = statement.query_and_then([id], |row| read(row, user_id))?.next();
    row.ok_or_else(|| Error::Corrupt(format!("there is no transaction {id}")))?
}

/// Finds one of a user's transactions in an account by the provider's first or newest id.
pub(super) fn find(
    database: &Connection,
    account: i64,
    provider_id: &str,
    user_id: &str,
) -> Result<Option<TransactionRow>> {
    let hash = hash::of(provider_id);
    let mut statement = database.prepare_cached(concat!(
        select_transaction!(),
        " WHERE t.account = ?1 AND t.key_hash = ?2 AND t.transaction_id = ?3"
    ))?;
    let lookup = params![account, hash, provider_id];
    if let Some(row) = statement.query_and_then(lookup, |row| read(row, user_id))?.next() {
        return row.map(Some);
    }
    let sql = concat!(select_transaction!(), " WHERE t.account = ?1 AND t.provider_hash = ?2");
    let mut statement = database.prepare_cached(sql)?;
    for row in statement.query_and_then(params![account, hash], |row| read(row, user_id))? {
        let row = row?;
        if row.stored.provider_id() == provider_id {
            return Ok(Some(row));
        }
    }
    Ok(None)
}

/// Stores the provider's newest id of a transaction, if it differs from the first, so that a lookup finds the row by it.
pub(super) fn set_provider_id(database: &Connection, id: i64, provider_id: Option<&str>) -> Result<()> {
    database
        .prepare_cached("UPDATE transactions SET provider_hash = ?2 WHERE id = ?1 AND provider_hash IS NOT ?2")?
        .execute(params![id, provider_id.map(hash::of)])?;
    Ok(())
}

/// Writes a row, as a new one if it has no id yet, except what [`set_provider_id`] writes; returns its id. The migration to
/// version 12 calls this too, so it must not write a column of a later version.
pub(super) fn write(database: &Connection, id: Option<i64>, place: Place, stored: &StoredTransaction) -> Result<i64> {
    let transaction = &stored.transaction;
    let written = Written::of(transaction)?;
    database
        .prepare_cached(
            "INSERT INTO transactions (id, account, owner, key_hash, transaction_id, source, rank_ms, date_ms, is_day,
                 first_seen_ms, amount, currency, primary_type, status, description, details, search, revision,
                 changed_seq, version, arrival)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)
             ON CONFLICT (id) DO UPDATE SET account = excluded.account, source = excluded.source,
                 rank_ms = excluded.rank_ms, date_ms = excluded.date_ms, is_day = excluded.is_day,
                 first_seen_ms = excluded.first_seen_ms, amount = excluded.amount, currency = excluded.currency, primary_type = excluded.primary_type,
                 status = excluded.status, description = excluded.description, details = excluded.details,
                 search = excluded.search, revision = excluded.revision, changed_seq = excluded.changed_seq,
                 version = excluded.version, arrival = excluded.arrival",
        )?
        .execute(params![
            id,
            place.account,
            place.owner,
            hash::of(&transaction.transaction_id),
            transaction.transaction_id,
            place.source,
            written.rank_ms,
            written.date_ms,
            written.is_day,
            written.first_seen_ms,
            written.amount,
            transaction.currency.code(),
            written.primary_type,
            written.status,
            transaction.description,
            written.details,
            written.search,
            transaction.revision,
            stored.changed_seq,
            stored.recency.version,
            stored.recency.arrival,
        ])?;
    Ok(id.unwrap_or_else(|| database.last_insert_rowid()))
}
