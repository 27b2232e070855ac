//! The row of a transaction.
//!
//! Owns the table `transactions`. Must not decide what is written.

use ledger::Recency;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};

use super::numbers::unsigned;
use crate::store::rows::{Columns, TransactionRow};
use crate::store::{Error, Result};

/// The columns that [`read`] reads. A literal, so that the compiler concatenates statements.
macro_rules! columns {
    () => {
        "t.id, t.transaction_id, a.account_id, \
         coalesce(CASE WHEN t.changed_seq <= a.moved_since THEN a.moved_from END, c.connection_id), \
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

/// A user's transactions by row id.
pub(super) async fn get(database: &mut PgConnection, ids: &[i64], user_id: &str) -> Result<Vec<TransactionRow>> {
    let rows = sqlx::query(select_transaction!(" WHERE t.id = ANY($1) ORDER BY t.id")).bind(ids);
    rows.fetch_all(database).await?.iter().map(|row| read(row, user_id)).collect()
}

/// Transactions by account row and one of the provider's ids, the first or the newest; each with its account. `user` maps
/// an account to its user.
pub(super) async fn named<'u>(
    database: &mut PgConnection,
    accounts: &[i64],
    provider_ids: &[&str],
    user: impl Fn(i64) -> Option<&'u str>,
) -> Result<Vec<(i64, TransactionRow)>> {
    // The index of each id finds them before any row is read, because an account may have many.
    let rows = sqlx::query(concat!(
        "WITH n AS (SELECT * FROM unnest($1::bigint[], $2::text[]) AS n (account, provider_id)),
             f AS (SELECT t.id FROM n JOIN transactions t ON t.account = n.account AND t.transaction_id = n.provider_id
                 UNION
                 SELECT t.id FROM n JOIN transactions t ON t.account = n.account AND t.provider_id = n.provider_id)
         SELECT ",
        columns!(),
        ", t.account FROM f JOIN transactions t ON t.id = f.id
             JOIN accounts a ON a.id = t.account JOIN connections c ON c.id = a.connection JOIN sources s ON s.id = t.source
         ORDER BY t.id"
    ));
    let rows = rows.bind(accounts).bind(provider_ids).fetch_all(database).await?;
    let named = rows.iter().map(|row| {
        let account = row.try_get(20)?;
        let user_id = user(account).ok_or_else(|| Error::Corrupt(format!("account {account} was not requested")))?;
        Ok((account, read(row, user_id)?))
    });
    named.collect()
}

/// Deletes rows; their events stay.
pub(super) async fn delete(database: &mut PgConnection, ids: &[i64]) -> Result<()> {
    sqlx::query("DELETE FROM transactions WHERE id = ANY($1)").bind(ids).execute(database).await?;
    Ok(())
}
