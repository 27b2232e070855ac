//! The event log.
//!
//! Owns the numbering: each user's events are 1, 2, 3 … without gaps, written in the same database
//! transaction as what they tell of. Must not know what an event tells.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::Serialize;
use serde_json::value::RawValue;
use wire::EventName;
use wire::events::{EventSource, Stamp};

use crate::clock;
use crate::store::{Error, FeedEvent, LogEnds, Result};

/// Appends one event to a user's log and to `events`; returns its number.
pub(super) fn append<P: Serialize>(
    connection: &Connection,
    events: &mut Vec<FeedEvent>,
    user_id: &str,
    now: Timestamp,
    name: EventName,
    payload: impl FnOnce(Stamp) -> P,
) -> Result<u64> {
    let seq: u64 = connection
        .prepare_cached(
            "INSERT INTO feeds (user_id, seq) VALUES (?1, 1)
             ON CONFLICT (user_id) DO UPDATE SET seq = seq + 1 RETURNING seq",
        )?
        .query_row([user_id], |row| row.get(0))?;
    let stamp = Stamp {
        seq,
        event_id: uuid::Uuid::now_v7().to_string(),
        timestamp: clock::rfc3339(now),
        source: EventSource::Realtime,
    };
    let payload = serde_json::to_string(&payload(stamp))?;
    connection
        .prepare_cached("INSERT INTO events (user_id, seq, name, payload, created_at) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![user_id, seq, name.as_str(), payload, now.as_millisecond()])?;
    let payload: Arc<RawValue> = RawValue::from_string(payload)?.into();
    events.push(FeedEvent { user_id: user_id.into(), seq, name: name.as_str(), payload, delivery: None });
    Ok(seq)
}

/// A user's newest event number; 0 before the first.
pub(super) fn newest_seq(connection: &Connection, user_id: &str) -> Result<u64> {
    let seq = connection
        .prepare_cached("SELECT seq FROM feeds WHERE user_id = ?1")?
        .query_row([user_id], |row| row.get(0))
        .optional()?;
    Ok(seq.unwrap_or_default())
}

/// How far a user's log reaches.
pub(super) fn ends(connection: &Connection, user_id: &str) -> Result<LogEnds> {
    let newest = newest_seq(connection, user_id)?;
    let oldest: Option<u64> = connection
        .prepare_cached("SELECT min(seq) FROM events WHERE user_id = ?1")?
        .query_row([user_id], |row| row.get(0))?;
    Ok(LogEnds { oldest: oldest.unwrap_or(newest + 1), newest })
}

/// A user's events after a number, in order.
pub(super) fn after(connection: &Connection, user_id: &Arc<str>, after: u64, limit: u32) -> Result<Vec<FeedEvent>> {
    // No number in the log is beyond what SQLite's integers hold.
    let after = i64::try_from(after).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(
        "SELECT seq, name, payload FROM events WHERE user_id = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",
    )?;
    let rows = statement.query_and_then(params![user_id, after, limit], |row| {
        let name: String = row.get(1)?;
        let name = EventName::parse(&name).ok_or_else(|| Error::Corrupt(format!("'{name}' stands as an event")))?;
        let payload = RawValue::from_string(row.get(2)?)?;
        Ok(FeedEvent {
            user_id: Arc::clone(user_id),
            seq: row.get(0)?,
            name: name.as_str(),
            payload: payload.into(),
            delivery: None,
        })
    })?;
    rows.collect()
}

/// Some users whose oldest event is older than a time, or beyond the count that is kept: those that follow
/// `after` by their ids.
pub(super) fn overdue(
    connection: &Connection,
    older_than: Timestamp,
    keep_newest: u64,
    after: &str,
) -> Result<Vec<String>> {
    // The order of the tables is not left to the planner: it would go through every event there is.
    let mut statement = connection.prepare_cached(
        "SELECT f.user_id FROM feeds f CROSS JOIN events e
         WHERE f.user_id > ?3
             AND e.user_id = f.user_id AND e.seq = (SELECT min(seq) FROM events WHERE user_id = f.user_id)
             AND (e.created_at < ?1 OR e.seq <= f.seq - ?2)
         ORDER BY f.user_id LIMIT 100",
    )?;
    let keep = i64::try_from(keep_newest).unwrap_or(i64::MAX);
    let rows = statement.query_map(params![older_than.as_millisecond(), keep, after], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// How many events are forgotten in one job, so that no delivery waits long behind it.
const FORGOTTEN_AT_ONCE: u32 = 500;

/// Forgets some of a user's oldest events; how many. The numbers go on: who has missed longer than
/// what is kept reloads over HTTP. Only from the beginning up to the first that stays, whatever the
/// clock said when they were written: a log has no holes.
pub(super) fn prune(connection: &Connection, user_id: &str, older_than: Timestamp, keep_newest: u64) -> Result<usize> {
    let mut oldest = connection.prepare_cached(
        "SELECT seq, created_at < ?2 OR seq <= (SELECT seq FROM feeds WHERE user_id = ?1) - ?3
         FROM events WHERE user_id = ?1 ORDER BY seq LIMIT ?4",
    )?;
    let keep = i64::try_from(keep_newest).unwrap_or(i64::MAX);
    let mut rows = oldest.query(params![user_id, older_than.as_millisecond(), keep, FORGOTTEN_AT_ONCE])?;
    let mut last: Option<i64> = None;
    while let Some(row) = rows.next()? {
        if !row.get::<_, bool>(1)? {
            break;
        }
        last = Some(row.get(0)?);
    }
    let Some(last) = last else { return Ok(0) };
    Ok(connection
        .prepare_cached("DELETE FROM events WHERE user_id = ?1 AND seq <= ?2")?
        .execute(params![user_id, last])?)
}
