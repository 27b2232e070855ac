//! Queries of the inbox: every authentic delivery as received.
//!
//! Owns finding and deleting deliveries. Must not record or apply one.

use connectors::{Headers, StoredDelivery};
use jiff::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};

use super::numbers::unsigned;
use crate::clock;
use crate::store::rows::Status;
use crate::store::{Error, InboxEntry, KeptDelivery, Result};

/// The deliveries after an id that wait for a connection that is registered now, in order of arrival.
pub(super) async fn waiting(
    database: &mut PgConnection,
    only: Option<(&str, &str)>,
    after: i64,
    limit: u32,
) -> Result<Vec<KeptDelivery>> {
    // One statement for each case: with an optional condition, the planner could not use the index.
    let rows = match only {
        Some((connector, id)) => sqlx::query(
            "SELECT d.id, d.connector_id, d.delivery_key, d.headers, d.body FROM deliveries d
             WHERE d.status = 1 AND d.id > $1 AND d.connector_id = $3 AND d.connection_id = $4
                 AND EXISTS (SELECT 1 FROM connections c WHERE c.connector_id = d.connector_id
                     AND c.connection_id = d.connection_id AND c.removed_at IS NULL)
             ORDER BY d.id LIMIT $2",
        )
        .bind(after)
        .bind(i64::from(limit))
        .bind(connector)
        .bind(id),
        None => sqlx::query(
            "SELECT d.id, d.connector_id, d.delivery_key, d.headers, d.body FROM deliveries d
             WHERE d.status = 1 AND d.id > $1
                 AND EXISTS (SELECT 1 FROM connections c WHERE c.connector_id = d.connector_id
                     AND c.connection_id = d.connection_id AND c.removed_at IS NULL)
             ORDER BY d.id LIMIT $2",
        )
        .bind(after)
        .bind(i64::from(limit)),
    };
    rows.fetch_all(database).await?.iter().map(read).collect()
}

fn read(row: &PgRow) -> Result<KeptDelivery> {
    let headers: Vec<(String, String)> = serde_json::from_str(row.try_get(3)?)?;
    let delivery = StoredDelivery::new(headers.into_iter().collect::<Headers>(), row.try_get(4)?, row.try_get(2)?);
    Ok(KeptDelivery { id: row.try_get(0)?, connector_id: row.try_get(1)?, delivery })
}

/// One delivery, with its body.
pub(super) async fn one(database: &mut PgConnection, id: i64) -> Result<KeptDelivery> {
    let found = sqlx::query("SELECT id, connector_id, delivery_key, headers, body FROM deliveries WHERE id = $1");
    read(&found.bind(id).fetch_one(database).await?)
}

/// Deliveries, with the columns that [`read_entry`] reads.
macro_rules! select_entry {
    ($rest:literal) => {
        concat!(
            "SELECT id, connector_id, delivery_key, connection_id, received_at, status, reason, latency_us
             FROM deliveries ",
            $rest
        )
    };
}

/// The newest deliveries.
pub(super) async fn list(database: &mut PgConnection, kept_only: bool, limit: u32) -> Result<Vec<InboxEntry>> {
    // The same condition as that of the index `deliveries_unsettled`.
    let list = if kept_only {
        select_entry!("WHERE status <> 0 ORDER BY id DESC LIMIT $1")
    } else {
        select_entry!("ORDER BY id DESC LIMIT $1")
    };
    sqlx::query(list).bind(i64::from(limit)).fetch_all(database).await?.iter().map(read_entry).collect()
}

/// One entry of the list.
pub(super) async fn entry(database: &mut PgConnection, id: i64) -> Result<InboxEntry> {
    read_entry(&sqlx::query(select_entry!("WHERE id = $1")).bind(id).fetch_one(database).await?)
}

/// The number of deliveries that could not be applied or understood.
pub(super) async fn count_kept(database: &mut PgConnection) -> Result<u64> {
    let count = sqlx::query_scalar("SELECT count(*) FROM deliveries WHERE status <> 0");
    unsigned(count.fetch_one(database).await?)
}

fn read_entry(row: &PgRow) -> Result<InboxEntry> {
    let verdict = match Status::read(row.try_get(5)?)? {
        Status::Processed => "processed",
        Status::Waiting | Status::Quarantined => "kept",
        Status::Rejected => "refused",
    };
    let latency: Option<i64> = row.try_get(7)?;
    Ok(InboxEntry {
        id: row.try_get(0)?,
        connector_id: row.try_get(1)?,
        key: row.try_get(2)?,
        connection_id: row.try_get(3)?,
        received_at: clock::rfc3339_of_millis(row.try_get(4)?),
        verdict: verdict.to_owned(),
        reason: row.try_get(6)?,
        latency_us: latency.map(unsigned).transpose()?,
    })
}

/// How many deliveries are examined in one unit of work.
const AT_ONCE: i64 = 500;

/// The progress of a pass over the settled deliveries.
pub(super) struct Pass {
    /// How many were deleted.
    pub(super) pruned: usize,
    /// The last delivery examined; nothing if no later one is old.
    pub(super) next: Option<i64>,
}

/// Deletes some settled deliveries after an id that are older than a time. Deliveries are in order of arrival, so a pass
/// ends at the first group without an old one. The newest stays, as in every store.
pub(super) async fn prune_settled(database: &mut PgConnection, older_than: Timestamp, after: i64) -> Result<Pass> {
    let rows: Vec<(i64, bool, bool)> = sqlx::query_as(
        "SELECT id, received_at < $2, status IN (0, 3) FROM deliveries
         WHERE id > $1 AND id < (SELECT max(id) FROM deliveries) ORDER BY id LIMIT $3",
    )
    .bind(after)
    .bind(older_than.as_millisecond())
    .bind(AT_ONCE)
    .fetch_all(&mut *database)
    .await?;
    let old: Vec<i64> = rows.iter().filter(|(_, old, settled)| *old && *settled).map(|(id, ..)| *id).collect();
    let deleted = sqlx::query("DELETE FROM deliveries WHERE id = ANY($1) AND status IN (0, 3)").bind(old);
    let deleted = deleted.execute(database).await?.rows_affected();
    let is_any_old = rows.iter().any(|(_, is_old, _)| *is_old);
    Ok(Pass { pruned: count(deleted)?, next: rows.last().filter(|_| is_any_old).map(|(id, ..)| *id) })
}

/// Deletes some deliveries that have waited or been quarantined since before a time; returns how many.
pub(super) async fn prune_unsettled(database: &mut PgConnection, older_than: Timestamp) -> Result<usize> {
    let delete = sqlx::query(
        "DELETE FROM deliveries WHERE status IN (1, 2) AND id IN (
             SELECT id FROM deliveries WHERE status <> 0 AND status <> 3 AND received_at < $1
                 AND id < (SELECT max(id) FROM deliveries) ORDER BY id LIMIT $2)",
    );
    count(delete.bind(older_than.as_millisecond()).bind(AT_ONCE).execute(database).await?.rows_affected())
}

fn count(rows: u64) -> Result<usize> {
    usize::try_from(rows).map_err(|error| Error::Corrupt(error.to_string()))
}
