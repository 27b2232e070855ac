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

/// Tombstones that are written or deleted together, by column.
#[derive(Default)]
pub(super) struct WrittenTombstones<'a> {
    accounts: Vec<i64>,
    transaction_ids: Vec<&'a str>,
    revisions: Vec<i64>,
    versions: Vec<Option<i64>>,
    arrivals: Vec<i64>,
    restored: (Vec<i64>, Vec<&'a str>),
}

impl<'a> WrittenTombstones<'a> {
    /// Adds the tombstone of a deleted transaction.
    pub(super) fn add(
        &mut self,
        account: i64,
        transaction_id: &'a str,
        Tombstone { recency, revision, .. }: &Tombstone,
    ) {
        self.accounts.push(account);
        self.transaction_ids.push(transaction_id);
        self.revisions.push(i64::from(*revision));
        self.versions.push(recency.version);
        self.arrivals.push(recency.arrival);
    }

    /// Adds a tombstone to be deleted, because its transaction is restored.
    pub(super) fn restore(&mut self, account: i64, transaction_id: &'a str) {
        self.restored.0.push(account);
        self.restored.1.push(transaction_id);
    }

    /// Writes them, with at most two statements.
    pub(super) async fn write(self, unit: &mut Unit) -> Result<()> {
        let (restored_accounts, restored) = self.restored;
        if !restored.is_empty() {
            let delete = sqlx::query(DELETE).bind(restored_accounts).bind(restored);
            delete.execute(&mut *unit.database).await?;
        }
        if !self.accounts.is_empty() {
            let write = sqlx::query(WRITE)
                .bind(self.accounts)
                .bind(self.transaction_ids)
                .bind(self.revisions)
                .bind(self.versions)
                .bind(self.arrivals)
                .bind(unit.now.as_millisecond());
            write.execute(&mut *unit.database).await?;
        }
        Ok(())
    }
}

const WRITE: &str = "INSERT INTO tombstones (account, transaction_id, revision, version, arrival, deleted_at)
     SELECT w.*, $6 FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[]) AS w
     ON CONFLICT (account, transaction_id) DO UPDATE SET revision = excluded.revision, version = excluded.version,
         arrival = excluded.arrival, deleted_at = excluded.deleted_at";

const DELETE: &str = "DELETE FROM tombstones t USING unnest($1::bigint[], $2::text[]) AS n (account, transaction_id)
     WHERE t.account = n.account AND t.transaction_id = n.transaction_id";
