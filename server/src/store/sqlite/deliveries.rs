//! The inbox: every authentic delivery as it came.
//!
//! Owns the table `deliveries` and that each is applied once. Must not know a provider.

use connectors::{Change, Headers, VerifiedDelivery};
use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use super::apply::{self, Scope};
use super::connections;
use crate::clock;
use crate::store::{Content, Error, FeedEvent, InboxEntry, KeptDelivery, NewDelivery, Recorded, Result};

/// Why a delivery waits for its connection; the deliveries to look at when one is registered.
const UNKNOWN_CONNECTION: &str = "the connection is not registered";

/// Records a delivery and applies it, once.
pub(super) fn record(
    connection: &Connection,
    events: &mut Vec<FeedEvent>,
    new: &NewDelivery,
    forward: bool,
    now: Timestamp,
) -> Result<Recorded> {
    let NewDelivery { connector, delivery, content, arrived } = new;
    let owner = match content {
        Content::Changes { connection_id, .. } => connections::find(connection, &connector.id, connection_id)?,
        Content::Nothing | Content::Kept(_) | Content::Malformed(_) => None,
    };
    let (connection_id, verdict, reason) = match content {
        Content::Changes { connection_id, .. } if owner.is_none() => {
            (Some(connection_id), "kept", Some(UNKNOWN_CONNECTION))
        }
        Content::Changes { connection_id, .. } => (Some(connection_id), "processed", None),
        Content::Nothing => (None, "processed", None),
        Content::Kept(reason) => (None, "kept", Some(reason.as_str())),
        Content::Malformed(reason) => (None, "refused", Some(reason.as_str())),
    };
    let inserted = connection
        .prepare_cached(
            "INSERT INTO deliveries (connector_id, delivery_key, connection_id, received_at, headers, body, verdict, reason, latency_us)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (connector_id, delivery_key) DO NOTHING",
        )?
        .execute(params![
            connector.id,
            delivery.key(),
            connection_id,
            now.as_millisecond(),
            headers_to_keep(delivery.headers())?,
            delivery.body(),
            verdict,
            reason,
            u64::try_from(arrived.elapsed().as_micros()).ok(),
        ])?;
    if inserted == 0 {
        return seen_before(connection, &connector.id, delivery.key());
    }
    match (content, owner) {
        (Content::Changes { connection_id, changes }, Some(owner)) => {
            let mut scope =
                Scope { connection, events, connector, connection_id, user_id: &owner.user_id, forward, now };
            apply_changes(&mut scope, changes)
        }
        (Content::Changes { .. }, None) => Ok(Recorded::Kept(UNKNOWN_CONNECTION.to_owned())),
        (Content::Kept(reason), _) => Ok(Recorded::Kept(reason.clone())),
        (Content::Malformed(reason), _) => Ok(Recorded::Malformed(reason.clone())),
        (Content::Nothing, _) => Ok(Recorded::Applied { changed: 0 }),
    }
}

/// What is said of a delivery that was recorded before.
fn seen_before(connection: &Connection, connector_id: &str, key: &str) -> Result<Recorded> {
    let (verdict, reason): (String, Option<String>) = connection
        .prepare_cached("SELECT verdict, reason FROM deliveries WHERE connector_id = ?1 AND delivery_key = ?2")?
        .query_row([connector_id, key], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(if verdict == "refused" { Recorded::Malformed(reason.unwrap_or_default()) } else { Recorded::Duplicate })
}

/// Applies a delivery that was kept.
pub(super) fn apply_kept(
    connection: &Connection,
    events: &mut Vec<FeedEvent>,
    id: i64,
    new: &NewDelivery,
    forward: bool,
    now: Timestamp,
) -> Result<Recorded> {
    let NewDelivery { connector, content, .. } = new;
    // A newer connector may read it otherwise than the one that took it: what is known of it follows, so
    // that a registration finds what waits for it. Nothing is done where another job has applied it.
    let conclude = |connection_id: Option<&str>, verdict: &str, reason: Option<&str>| {
        let mut statement = connection.prepare_cached(
            "UPDATE deliveries SET connection_id = ?2, verdict = ?3, reason = ?4 WHERE id = ?1 AND verdict <> 'processed'",
        )?;
        Ok::<_, Error>(statement.execute(params![id, connection_id, verdict, reason])? > 0)
    };
    let (connection_id, changes) = match content {
        Content::Changes { connection_id, changes } => (connection_id, changes),
        Content::Nothing => {
            let is_first = conclude(None, "processed", None)?;
            return Ok(if is_first { Recorded::Applied { changed: 0 } } else { Recorded::Duplicate });
        }
        Content::Kept(reason) => {
            conclude(None, "kept", Some(reason))?;
            return Ok(Recorded::Kept(reason.clone()));
        }
        Content::Malformed(reason) => {
            conclude(None, "refused", Some(reason))?;
            return Ok(Recorded::Malformed(reason.clone()));
        }
    };
    let Some(owner) = connections::find(connection, &connector.id, connection_id)? else {
        conclude(Some(connection_id), "kept", Some(UNKNOWN_CONNECTION))?;
        return Ok(Recorded::Kept(UNKNOWN_CONNECTION.to_owned()));
    };
    if !conclude(Some(connection_id), "processed", None)? {
        return Ok(Recorded::Duplicate);
    }
    let mut scope = Scope { connection, events, connector, connection_id, user_id: &owner.user_id, forward, now };
    apply_changes(&mut scope, changes)
}

fn apply_changes(scope: &mut Scope<'_>, changes: &[Change]) -> Result<Recorded> {
    let applied = apply::apply(scope, changes)?;
    Ok(Recorded::Applied { changed: applied.new + applied.updated })
}

/// Those that wait for a connection which is registered by now, in the order they came.
pub(super) fn placeable(connection: &Connection, only: Option<(&str, &str)>) -> Result<Vec<KeptDelivery>> {
    let mut statement = connection.prepare_cached(
        "SELECT d.id, d.connector_id, d.delivery_key, d.headers, d.body
         FROM deliveries d JOIN connections c USING (connector_id, connection_id)
         WHERE d.verdict = 'kept' AND (?1 IS NULL OR (d.connector_id = ?1 AND d.connection_id = ?2))
         ORDER BY d.id",
    )?;
    let rows = statement.query_and_then(params![only.map(|(id, _)| id), only.map(|(_, id)| id)], read)?;
    rows.collect()
}

fn read(row: &Row<'_>) -> Result<KeptDelivery> {
    let headers: Vec<(String, String)> = serde_json::from_str(&row.get::<_, String>(3)?)?;
    let delivery = VerifiedDelivery::from_store(headers.into_iter().collect::<Headers>(), row.get(4)?, row.get(2)?);
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

/// Forgets some of those that are settled and older than a time; how many. What is kept stays. Ids
/// follow the time of arrival, so the oldest are the first.
pub(super) fn prune(connection: &Connection, older_than: Timestamp) -> Result<usize> {
    Ok(connection
        .prepare_cached(
            "DELETE FROM deliveries WHERE id IN (
                 SELECT id FROM deliveries WHERE verdict <> 'kept' ORDER BY id LIMIT 500)
             AND received_at < ?1",
        )?
        .execute([older_than.as_millisecond()])?)
}

/// What may be of use later; credentials are of none, and must not lie around.
fn headers_to_keep(headers: &Headers) -> Result<String> {
    let kept: Vec<_> =
        headers.iter().filter(|(name, _)| !matches!(*name, "authorization" | "cookie" | "x-service-secret")).collect();
    Ok(serde_json::to_string(&kept)?)
}
