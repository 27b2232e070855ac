//! Deleted transactions.
//!
//! Owns the table `tombstones`. Must not decide what restores a transaction: the ledger does.

use ledger::{Dirty, Recency, Tombstone};
use sqlx::PgConnection;

use super::numbers::unsigned;
use super::unit::Unit;
use crate::store::Result;

/// Tombstones by account row and provider's id; each with its account and id.
pub(super) async fn named(
    database: &mut PgConnection,
    accounts: &[i64],
    transaction_ids: &[&str],
) -> Result<Vec<(i64, String, Tombstone)>> {
    let rows: Vec<(i64, String, Option<i64>, i64, i64)> = sqlx::query_as(
        "SELECT t.account, t.transaction_id, version, arrival, revision
         FROM unnest($1::bigint[], $2::text[]) AS n (account, transaction_id)
         JOIN tombstones t ON t.account = n.account AND t.transaction_id = n.transaction_id",
    )
    .bind(accounts)
    .bind(transaction_ids)
    .fetch_all(database)
    .await?;
    let tombstone = |(account, transaction_id, version, arrival, revision)| {
        let recency = Recency { version, arrival };
        Ok((account, transaction_id, Tombstone { recency, revision: unsigned(revision)?, dirty: Dirty::No }))
    };
    rows.into_iter().map(tombstone).collect()
}

/// Writes a tombstone.
pub(super) async fn write(unit: &mut Unit, account: i64, transaction_id: &str, tombstone: &Tombstone) -> Result<()> {
    let Tombstone { recency, revision, .. } = tombstone;
    sqlx::query(
        "INSERT INTO tombstones (account, transaction_id, revision, version, arrival, deleted_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (account, transaction_id) DO UPDATE SET revision = excluded.revision, version = excluded.version,
             arrival = excluded.arrival, deleted_at = excluded.deleted_at",
    )
    .bind(account)
    .bind(transaction_id)
    .bind(i64::from(*revision))
    .bind(recency.version)
    .bind(recency.arrival)
    .bind(unit.now.as_millisecond())
    .execute(&mut *unit.database)
    .await?;
    Ok(())
}

/// Deletes a tombstone.
pub(super) async fn delete(database: &mut PgConnection, account: i64, transaction_id: &str) -> Result<()> {
    let delete = sqlx::query("DELETE FROM tombstones WHERE account = $1 AND transaction_id = $2");
    delete.bind(account).bind(transaction_id).execute(database).await?;
    Ok(())
}
