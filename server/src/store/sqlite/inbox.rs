//! Queries of the inbox: every authentic delivery as received.
//!
//! Owns finding and deleting deliveries. Must not record or apply one.

use connectors::{Headers, StoredDelivery};
use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use crate::clock;
use crate::store::rows::Status;
use crate::store::{Error, InboxEntry, KeptDelivery, Result};

/// The deliveries after an id that wait for a connection that is registered now, in order of arrival.
pub(super) fn waiting(
    connection: &Connection,
    only: Option<(&str, &str)>,
    after: i64,
    limit: u32,
) -> Result<Vec<KeptDelivery>> {
    // One statement for each case: with an optional condition, the planner could not use the index.
    let of_one = if only.is_some() { "AND d.connector_id = ?3 AND d.connection_id = ?4" } else { "" };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT d.id, d.connector_id, d.delivery_key, d.headers, d.body
         FROM deliveries d INDEXED BY deliveries_waiting
         WHERE d.status = 1 AND d.id > ?1 {of_one}
             AND EXISTS (SELECT 1 FROM connections c
                 WHERE c.connector_id = d.connector_id AND c.connection_id = d.connection_id AND c.removed_at IS NULL)
         ORDER BY d.id LIMIT ?2"
    ))?;
    let rows = match only {
        Some((connector, id)) => statement.query_and_then(params![after, limit, connector, id], read)?,
        None => statement.query_and_then(params![after, limit], read)?,
    };
    rows.collect()
}

fn read(row: &Row<'_>) -> Result<KeptDelivery> {
    let headers: Vec<(String, String)> = serde_json::from_str(&row.get::<_, String>(3)?)?;
    let delivery = StoredDelivery::new(headers.into_iter().collect::<Headers>(), row.get(4)?, row.get(2)?);
    Ok(KeptDelivery { id: row.get(0)?, connector_id: row.get(1)?, delivery })
}

/// One delivery, with its body.
pub(super) fn one(connection: &Connection, id: i64) -> Result<KeptDelivery> {
    let mut statement = connection
        .prepare_cached("SELECT id, connector_id, delivery_key, headers, body FROM deliveries WHERE id = ?1")?;
    let mut rows = statement.query_and_then([id], read)?;
    rows.next().ok_or(Error::NotFound)?
}

/// The newest deliveries.
pub(super) fn list(connection: &Connection, kept_only: bool, limit: u32) -> Result<Vec<InboxEntry>> {
    // The same condition as that of the index `deliveries_unsettled`.
    let some = if kept_only { "WHERE status <> 0" } else { "" };
    let mut statement =
        connection.prepare_cached(&format!("SELECT {ENTRY} FROM deliveries {some} ORDER BY id DESC LIMIT ?1"))?;
    let rows = statement.query_and_then([limit], read_entry)?;
    rows.collect()
}

/// One entry of the list.
pub(super) fn entry(connection: &Connection, id: i64) -> Result<InboxEntry> {
    let mut statement = connection.prepare_cached(&format!("SELECT {ENTRY} FROM deliveries WHERE id = ?1"))?;
    let entry = statement.query_and_then([id], read_entry)?.next();
    entry.ok_or(Error::NotFound)?
}

/// The number of deliveries that could not be applied or understood.
pub(super) fn count_kept(connection: &Connection) -> Result<u64> {
    let mut statement = connection.prepare_cached("SELECT count(*) FROM deliveries WHERE status <> 0")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

/// The columns that [`read_entry`] reads.
const ENTRY: &str = "id, connector_id, delivery_key, connection_id, received_at, status, reason, latency_us";

fn read_entry(row: &Row<'_>) -> Result<InboxEntry> {
    let verdict = match Status::read(row.get(5)?)? {
        Status::Processed => "processed",
        Status::Waiting | Status::Quarantined => "kept",
        Status::Rejected => "refused",
    };
    Ok(InboxEntry {
        id: row.get(0)?,
        connector_id: row.get(1)?,
        key: row.get(2)?,
        connection_id: row.get(3)?,
        received_at: clock::rfc3339_of_millis(row.get(4)?),
        verdict: verdict.to_owned(),
        reason: row.get(6)?,
        latency_us: row.get(7)?,
    })
}

/// How many deliveries are examined in one job.
const AT_ONCE: u32 = 500;

/// The progress of a pass over the settled deliveries.
pub(super) struct Pass {
    /// How many were deleted.
    pub(super) pruned: usize,
    /// The last delivery examined; nothing if no later one is old.
    pub(super) next: Option<i64>,
}

/// Deletes some settled deliveries after an id that are older than a time. Deliveries are in order of arrival, so a pass
/// ends at the first group without an old one. The newest stays, because its id determines the next one.
pub(super) fn prune_settled(connection: &Connection, older_than: Timestamp, after: i64) -> Result<Pass> {
    let mut statement = connection.prepare_cached(
        "SELECT id, received_at < ?2, status IN (0, 3) FROM deliveries
         WHERE id > ?1 AND id < (SELECT max(id) FROM deliveries) ORDER BY id LIMIT ?3",
    )?;
    let rows = statement.query_map(params![after, older_than.as_millisecond(), AT_ONCE], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, bool>(1)?, row.get::<_, bool>(2)?))
    })?;
    let rows: Vec<_> = rows.collect::<rusqlite::Result<_>>()?;
    let mut pruned = 0;
    for (id, _, _) in rows.iter().filter(|(_, is_old, is_settled)| *is_old && *is_settled) {
        pruned += connection.prepare_cached("DELETE FROM deliveries WHERE id = ?1")?.execute([id])?;
    }
    let is_any_old = rows.iter().any(|(_, is_old, _)| *is_old);
    Ok(Pass { pruned, next: rows.last().filter(|_| is_any_old).map(|(id, ..)| *id) })
}

/// Deletes some deliveries that have waited or been quarantined since before a time; returns how many.
pub(super) fn prune_unsettled(connection: &Connection, older_than: Timestamp) -> Result<usize> {
    Ok(connection
        .prepare_cached(
            "DELETE FROM deliveries WHERE id IN (
                 SELECT id FROM deliveries WHERE status <> 0 AND status <> 3 AND received_at < ?1
                     AND id < (SELECT max(id) FROM deliveries) ORDER BY id LIMIT ?2)",
        )?
        .execute(params![older_than.as_millisecond(), AT_ONCE])?)
}
