//! The row of a transaction.
//!
//! Owns the table `transactions`. Must not decide what is written.

use ledger::{Recency, StoredTransaction};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};

use super::numbers::{signed, unsigned};
use crate::store::Result;
use crate::store::rows::{Columns, Place, TransactionRow, Written};

/// What [`read`] reads. A literal, so that statements are put together by the compiler.
macro_rules! columns {
    () => {
        "t.id, t.transaction_id, a.account_id, \
         coalesce(CASE WHEN t.changed_seq <= a.moved_since THEN a.moved_from END, c.connection_id), \
         s.source, s.connector_id, s.connector_type, t.date_ms, t.is_day, t.first_seen_ms, t.amount, t.currency, \
         t.primary_type, t.status, t.description, t.details, t.revision, t.changed_seq, t.version, t.arrival"
    };
}
pub(super) use columns;

/// The tables that a transaction is spread over.
macro_rules! tables {
    () => {
        "transactions t JOIN accounts a ON a.id = t.account JOIN connections c ON c.id = a.connection \
         JOIN sources s ON s.id = t.source"
    };
}
pub(super) use tables;

/// Transactions, for [`read`].
macro_rules! select_transaction {
    ($rest:literal) => {
        concat!(
            "SELECT ",
            $crate::store::postgres::row::columns!(),
            " FROM ",
            $crate::store::postgres::row::tables!(),
            $rest
        )
    };
}
pub(super) use select_transaction;

/// Reads [`columns`] of one of a user's transactions.
pub(super) fn read(row: &PgRow, user_id: &str) -> Result<TransactionRow> {
    let columns = Columns {
        id: row.try_get(0)?,
        transaction_id: row.try_get(1)?,
        account_id: row.try_get(2)?,
        connection_id: row.try_get(3)?,
        source: row.try_get(4)?,
        connector_id: row.try_get(5)?,
        connector_type: row.try_get(6)?,
        date_ms: row.try_get(7)?,
        is_day: row.try_get(8)?,
        first_seen_ms: row.try_get(9)?,
        amount: row.try_get(10)?,
        currency: row.try_get(11)?,
        primary_type: row.try_get(12)?,
        status: row.try_get(13)?,
        description: row.try_get(14)?,
        details: row.try_get(15)?,
        revision: unsigned(row.try_get(16)?)?,
        changed_seq: unsigned(row.try_get(17)?)?,
        recency: Recency { version: row.try_get(18)?, arrival: row.try_get(19)? },
    };
    columns.read(user_id)
}

/// A user's transactions by their numbers.
pub(super) async fn get(database: &mut PgConnection, ids: &[i64], user_id: &str) -> Result<Vec<TransactionRow>> {
    let rows = sqlx::query(select_transaction!(" WHERE t.id = ANY($1) ORDER BY t.id")).bind(ids);
    rows.fetch_all(database).await?.iter().map(|row| read(row, user_id)).collect()
}

/// A user's transactions in an account that have one of these ids of the provider's, be it the first or the newest.
pub(super) async fn named(
    database: &mut PgConnection,
    account: i64,
    provider_ids: &[&str],
    user_id: &str,
) -> Result<Vec<TransactionRow>> {
    let rows = sqlx::query(select_transaction!(
        " WHERE t.account = $1 AND (t.transaction_id = ANY($2) OR t.provider_id = ANY($2)) ORDER BY t.id"
    ));
    let rows = rows.bind(account).bind(provider_ids).fetch_all(database).await?;
    rows.iter().map(|row| read(row, user_id)).collect()
}

/// Writes a row, a new one where it has no id yet; its id.
pub(super) async fn write(
    database: &mut PgConnection,
    id: Option<i64>,
    place: Place,
    stored: &StoredTransaction,
) -> Result<i64> {
    let transaction = &stored.transaction;
    let written = Written::of(transaction)?;
    let statement = match id {
        Some(_) => UPDATE,
        None => INSERT,
    };
    let mut statement = sqlx::query_scalar(statement)
        .bind(place.account)
        .bind(place.source)
        .bind(written.rank_ms)
        .bind(written.date_ms)
        .bind(written.is_day)
        .bind(written.first_seen_ms)
        .bind(written.amount)
        .bind(transaction.currency.code())
        .bind(written.primary_type)
        .bind(written.status)
        .bind(&transaction.description)
        .bind(written.details)
        .bind(written.search)
        .bind(i64::from(transaction.revision))
        .bind(signed(stored.changed_seq))
        .bind(stored.recency.version)
        .bind(stored.recency.arrival)
        .bind(&transaction.provider_transaction_id);
    statement = match id {
        Some(id) => statement.bind(id),
        None => statement.bind(place.owner).bind(&transaction.transaction_id),
    };
    Ok(statement.fetch_one(database).await?)
}

const INSERT: &str = "INSERT INTO transactions (account, source, rank_ms, date_ms, is_day, first_seen_ms, amount, currency,
         primary_type, status, description, details, search, revision, changed_seq, version, arrival, provider_id, owner,
         transaction_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20) RETURNING id";

const UPDATE: &str = "UPDATE transactions SET account = $1, source = $2, rank_ms = $3, date_ms = $4, is_day = $5,
         first_seen_ms = $6, amount = $7, currency = $8, primary_type = $9, status = $10, description = $11, details = $12,
         search = $13, revision = $14, changed_seq = $15, version = $16, arrival = $17, provider_id = $18
     WHERE id = $19 RETURNING id";

/// Deletes rows; the events that reported them stay.
pub(super) async fn delete(database: &mut PgConnection, ids: &[i64]) -> Result<()> {
    sqlx::query("DELETE FROM transactions WHERE id = ANY($1)").bind(ids).execute(database).await?;
    Ok(())
}
