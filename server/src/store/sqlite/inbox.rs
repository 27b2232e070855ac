//! Questions about the inbox: every authentic delivery as it came.
//!
//! Owns finding deliveries again and forgetting them. Must not record or apply one.

use connectors::{Headers, StoredDelivery};
use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use crate::clock;
use crate::store::{Error, InboxEntry, KeptDelivery, Result};

/// Those after an id that wait for a connection which is registered by now, in the order they came.
pub(super) fn placeable(
    connection: &Connection,
    only: Option<(&str, &str)>,
    after: i64,
    limit: u32,
) -> Result<Vec<KeptDelivery>> {
    // One statement for each: with a condition that may be left out neither index would be of use.
    let (of_one, index) = match only {
        Some(_) => ("AND d.connector_id = ?3 AND d.connection_id = ?4", "deliveries_kept"),
        None => ("AND d.verdict <> 'processed'", "deliveries_stuck"),
    };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT d.id, d.connector_id, d.delivery_key, d.headers, d.body
         FROM deliveries d INDEXED BY {index}
         WHERE d.verdict = 'kept' AND d.id > ?1 {of_one}
             AND EXISTS (SELECT 1 FROM connections c
                 WHERE c.connector_id = d.connector_id AND c.connection_id = d.connection_id)
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

/// One, with its body.
pub(super) fn one(connection: &Connection, id: i64) -> Result<KeptDelivery> {
    let mut statement = connection
        .prepare_cached("SELECT id, connector_id, delivery_key, headers, body FROM deliveries WHERE id = ?1")?;
    let mut rows = statement.query_and_then([id], read)?;
    rows.next().ok_or(Error::NotFound)?
}

/// The newest ones.
pub(super) fn list(connection: &Connection, kept_only: bool, limit: u32) -> Result<Vec<InboxEntry>> {
    // The condition as the index `deliveries_stuck` has it.
    let some = if kept_only { "WHERE verdict <> 'processed'" } else { "" };
    let mut statement =
        connection.prepare_cached(&format!("SELECT {ENTRY} FROM deliveries {some} ORDER BY id DESC LIMIT ?1"))?;
    let rows = statement.query_map([limit], read_entry)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// One of them.
pub(super) fn entry(connection: &Connection, id: i64) -> Result<InboxEntry> {
    let mut statement = connection.prepare_cached(&format!("SELECT {ENTRY} FROM deliveries WHERE id = ?1"))?;
    Ok(statement.query_row([id], read_entry)?)
}

/// How many could not be placed or understood.
pub(super) fn count_kept(connection: &Connection) -> Result<u64> {
    let mut statement = connection.prepare_cached("SELECT count(*) FROM deliveries WHERE verdict <> 'processed'")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

/// The columns that [`read_entry`] reads.
const ENTRY: &str = "id, connector_id, delivery_key, connection_id, received_at, verdict, reason, latency_us";

fn read_entry(row: &Row<'_>) -> rusqlite::Result<InboxEntry> {
    Ok(InboxEntry {
        id: row.get(0)?,
        connector_id: row.get(1)?,
        key: row.get(2)?,
        connection_id: row.get(3)?,
        received_at: clock::rfc3339_of_millis(row.get(4)?),
        verdict: row.get(5)?,
        reason: row.get(6)?,
        latency_us: row.get(7)?,
    })
}

/// Forgets some of those that are settled and older than a time; how many.
pub(super) fn prune_settled(connection: &Connection, older_than: Timestamp) -> Result<usize> {
    Ok(connection
        .prepare_cached(
            "DELETE FROM deliveries WHERE id IN (
                 SELECT id FROM deliveries WHERE verdict <> 'kept' AND received_at < ?1 ORDER BY received_at LIMIT 500)",
        )?
        .execute([older_than.as_millisecond()])?)
}

/// Forgets some of those that could not be placed or understood for so long; how many.
pub(super) fn prune_kept(connection: &Connection, older_than: Timestamp) -> Result<usize> {
    Ok(connection
        .prepare_cached(
            "DELETE FROM deliveries WHERE id IN (
                 SELECT id FROM deliveries WHERE verdict = 'kept' AND received_at < ?1 ORDER BY received_at LIMIT 500)",
        )?
        .execute([older_than.as_millisecond()])?)
}
