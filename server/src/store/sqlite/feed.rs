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
use crate::store::{FeedEvent, Result};

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
    events.push(FeedEvent { user_id: user_id.into(), seq, name: name.as_str(), payload });
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
