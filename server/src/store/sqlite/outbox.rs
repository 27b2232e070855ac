//! Calls that wait to be sent to the core app.
//!
//! Owns the tables of the outbox: each user's order and the dead letters. Must not send anything or decide when to retry.

use std::ops::RangeInclusive;

use jiff::Timestamp;
use ledger::{Call, Outgoing};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use wire::Transaction;

use super::transactions;
use crate::clock;
use crate::store::{DeadLetter, DueUser, Error, OutboxState, OutgoingTransaction, Result, Revived, StuckQueue};

/// Appends a call.
pub(super) fn append(connection: &Connection, user_id: &str, call: &Outgoing, now: Timestamp) -> Result<()> {
    let (transaction, is_deletion) = match &call.call {
        Call::Put(transaction) => (transaction, false),
        Call::Delete(transaction) => (transaction, true),
    };
    put(connection, user_id, (&call.key, is_deletion), &serde_json::to_string(transaction)?, now)
}

/// Appends a call to a user's queue.
fn put(
    connection: &Connection,
    user_id: &str,
    (key, is_deletion): (&str, bool),
    body: &str,
    now: Timestamp,
) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO outbox (user_id, idempotency_key, body, created_at, is_deletion) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![user_id, key, body, now.as_millisecond(), is_deletion])?;
    connection
        .prepare_cached(
            "INSERT INTO outbox_users (user_id, attempts, next_at) VALUES (?1, 0, 0) ON CONFLICT DO NOTHING",
        )?
        .execute([user_id])?;
    Ok(())
}

/// The longest possible pause, in milliseconds. A due time further ahead comes from a wrong clock.
const LONGEST_PAUSE: i64 = 15 * 60_000;

/// Users who are due, the longest waiting first. Users without a failed attempt are ordered by their last turns alone,
/// whatever the clock says, because it may have been set back since.
pub(super) fn due(connection: &Connection, now: Timestamp, limit: u32) -> Result<Vec<DueUser>> {
    let mut statement = connection.prepare_cached(
        "SELECT * FROM (SELECT user_id, attempts FROM outbox_users WHERE next_at <= ?1 ORDER BY next_at LIMIT ?3)
         UNION ALL
         SELECT * FROM (SELECT user_id, attempts FROM outbox_users WHERE attempts = 0 AND next_at > ?1 ORDER BY next_at LIMIT ?3)
         UNION ALL
         SELECT * FROM (SELECT user_id, attempts FROM outbox_users WHERE attempts > 0 AND next_at > ?2 LIMIT ?3)
         LIMIT ?3",
    )?;
    let now = now.as_millisecond();
    let rows = statement.query_map(params![now, now + LONGEST_PAUSE, limit], |row| {
        Ok(DueUser { user_id: row.get(0)?, attempts: row.get(1)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The first due time after `now`.
pub(super) fn next_due(connection: &Connection, now: Timestamp) -> Result<Option<i64>> {
    let mut statement = connection.prepare_cached("SELECT min(next_at) FROM outbox_users WHERE next_at > ?1")?;
    Ok(statement.query_row([now.as_millisecond()], |row| row.get(0))?)
}

/// A user's oldest calls, in order.
pub(super) fn of_user(connection: &Connection, user_id: &str, limit: u32) -> Result<Vec<OutgoingTransaction>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, idempotency_key, body, is_deletion FROM outbox WHERE user_id = ?1 ORDER BY id LIMIT ?2",
    )?;
    let rows = statement.query_map(params![user_id, limit], |row| {
        let transaction = serde_json::from_str(&row.get::<_, String>(2)?).map_err(|error| error.to_string());
        Ok(OutgoingTransaction { id: row.get(0)?, idempotency_key: row.get(1)?, transaction, is_deletion: row.get(3)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Removes a call that the core app accepted or, with a reason, rejected permanently: then it becomes a dead letter.
pub(super) fn settle(
    connection: &Connection,
    user_id: &str,
    id: i64,
    dead: Option<&str>,
    now: Timestamp,
) -> Result<()> {
    if let Some(reason) = dead {
        connection
            .prepare_cached(
                "INSERT INTO dead_letters (user_id, idempotency_key, body, created_at, died_at, reason, is_deletion)
                 SELECT user_id, idempotency_key, body, created_at, ?2, ?3, is_deletion FROM outbox WHERE id = ?1",
            )?
            .execute(params![id, now.as_millisecond(), reason])?;
    }
    connection.prepare_cached("DELETE FROM outbox WHERE id = ?1")?.execute([id])?;
    // The user goes behind those that have waited longer, so that a long queue does not starve other users.
    connection
        .prepare_cached("UPDATE outbox_users SET attempts = 0, next_at = ?2, last_error = NULL WHERE user_id = ?1")?
        .execute(params![user_id, now.as_millisecond()])?;
    connection
        .prepare_cached(
            "DELETE FROM outbox_users WHERE user_id = ?1 AND NOT EXISTS (SELECT 1 FROM outbox WHERE user_id = ?1)",
        )?
        .execute([user_id])?;
    Ok(())
}

/// Notes a failed attempt: the user is due again at `until`.
pub(super) fn postpone(connection: &Connection, user_id: &str, until: Timestamp, reason: &str) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE outbox_users SET attempts = attempts + 1, next_at = ?2, last_error = ?3 WHERE user_id = ?1",
        )?
        .execute(params![user_id, until.as_millisecond(), reason])?;
    Ok(())
}

/// The number of waiting calls, since when the oldest waits, and the number of dead letters.
pub(super) fn state(connection: &Connection) -> Result<OutboxState> {
    let count = |sql: &str| connection.prepare_cached(sql)?.query_row([], |row| row.get(0));
    // The oldest call has the lowest id. After an outage, a minimum over all rows would read every body.
    let oldest = connection
        .prepare_cached("SELECT created_at FROM outbox ORDER BY id LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(OutboxState {
        waiting: count("SELECT count(*) FROM outbox")?,
        oldest_millis: oldest,
        dead: count("SELECT count(*) FROM dead_letters")?,
    })
}

/// The newest dead letters.
pub(super) fn dead_letters(connection: &Connection, limit: u32) -> Result<Vec<DeadLetter>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, user_id, idempotency_key, died_at, reason FROM dead_letters ORDER BY id DESC LIMIT ?1",
    )?;
    let rows = statement.query_map([limit], read_dead)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn read_dead(row: &Row<'_>) -> rusqlite::Result<DeadLetter> {
    Ok(DeadLetter {
        id: row.get(0)?,
        user_id: row.get(1)?,
        idempotency_key: row.get(2)?,
        died_at: clock::rfc3339_of_millis(row.get(3)?),
        reason: row.get(4)?,
    })
}

/// The id of the newest dead letter; nothing if there is none.
pub(super) fn newest_dead(connection: &Connection) -> Result<Option<i64>> {
    Ok(connection.prepare_cached("SELECT max(id) FROM dead_letters")?.query_row([], |row| row.get(0))?)
}

/// Puts the dead letters of a range back at the end of their users' queues, due now: at most `limit`, the oldest first.
/// Returns the last one's id and the outcome.
pub(super) fn revive(
    connection: &Connection,
    ids: RangeInclusive<i64>,
    limit: u32,
    now: Timestamp,
) -> Result<Option<(i64, Revived)>> {
    let letters: Vec<(i64, String, String, String, bool)> = connection
        .prepare_cached(
            "SELECT id, user_id, idempotency_key, body, is_deletion FROM dead_letters WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT ?3",
        )?
        .query_map(params![ids.start(), ids.end(), limit], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let mut became = Revived::default();
    for (id, user_id, key, body, is_deletion) in &letters {
        connection.prepare_cached("DELETE FROM dead_letters WHERE id = ?1")?.execute([id])?;
        if is_outdated(connection, user_id, body, *is_deletion)? {
            became.outdated += 1;
            continue;
        }
        became.revived += 1;
        put(connection, user_id, (key, *is_deletion), body, now)?;
        connection
            .prepare_cached("UPDATE outbox_users SET attempts = 0, next_at = 0 WHERE user_id = ?1")?
            .execute([user_id])?;
    }
    Ok(letters.last().map(|(id, ..)| (*id, became)))
}

/// Whether the transaction has a newer revision or is deleted. A call for an older revision would otherwise be the last
/// that the core app receives. A deletion is outdated if the transaction exists again.
fn is_outdated(connection: &Connection, user_id: &str, body: &str, is_deletion: bool) -> Result<bool> {
    let Ok(letter) = serde_json::from_str::<Transaction>(body) else { return Ok(false) };
    match transactions::one(connection, user_id, &letter.key()) {
        Ok(now) => Ok(is_deletion || now.revision > letter.revision),
        Err(Error::NotFound) => Ok(!is_deletion),
        Err(error) => Err(error),
    }
}

/// The blocked queues, those with the most attempts first.
pub(super) fn stuck(connection: &Connection, attempts: u32, limit: u32) -> Result<Vec<StuckQueue>> {
    let mut statement = connection.prepare_cached(
        "SELECT u.user_id, (SELECT count(*) FROM outbox WHERE user_id = u.user_id), o.idempotency_key, u.attempts,
                coalesce(u.last_error, '')
         FROM outbox_users u JOIN outbox o ON o.id = (SELECT min(id) FROM outbox WHERE user_id = u.user_id)
         WHERE u.attempts >= ?1 ORDER BY u.attempts DESC, u.user_id LIMIT ?2",
    )?;
    let rows = statement.query_map([attempts, limit], |row| {
        Ok(StuckQueue {
            user_id: row.get(0)?,
            waiting: row.get(1)?,
            idempotency_key: row.get(2)?,
            attempts: row.get(3)?,
            reason: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Makes the first call of a user's queue a dead letter; returns its key.
pub(super) fn set_aside(connection: &Connection, user_id: &str, now: Timestamp) -> Result<Option<String>> {
    let head: Option<(i64, String)> = connection
        .prepare_cached("SELECT id, idempotency_key FROM outbox WHERE user_id = ?1 ORDER BY id LIMIT 1")?
        .query_row([user_id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((id, key)) = head else { return Ok(None) };
    settle(connection, user_id, id, Some("set aside by an administrator"), now)?;
    Ok(Some(key))
}

/// Makes every waiting user due now.
pub(super) fn hurry(connection: &Connection) -> Result<()> {
    connection.prepare_cached("UPDATE outbox_users SET attempts = 0, next_at = 0 WHERE next_at > 0")?.execute([])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_back_holds_up_only_who_pauses_and_for_no_longer_than_a_pause() {
        let mut database = Connection::open_in_memory().expect("a database");
        super::super::schema::migrate(&mut database).expect("migrated");
        let now = Timestamp::from_second(1_000_000).expect("a time");
        let minutes = |minutes: i64| now.as_millisecond() + minutes * 60_000;
        for (user_id, attempts, next_at) in
            [("waits", 0, -1), ("went-on", 0, 10), ("pauses", 1, 10), ("from-the-future", 1, 16)]
        {
            database
                .execute(
                    "INSERT INTO outbox_users VALUES (?1, ?2, ?3, NULL)",
                    params![user_id, attempts, minutes(next_at)],
                )
                .expect("inserted");
        }
        let due = due(&database, now, 10).expect("a list");
        let due: Vec<&str> = due.iter().map(|user| user.user_id.as_str()).collect();
        assert_eq!(due, ["waits", "went-on", "from-the-future"]);
    }
}
