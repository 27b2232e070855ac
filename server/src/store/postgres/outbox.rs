//! Calls that wait to be sent to the core app.
//!
//! Owns the tables `outbox` and `outbox_users`: each user's queue, whose turn it is, and that a rejected call becomes a
//! dead letter. Must not send anything or decide when to retry.

use jiff::Timestamp;
use ledger::{Call, Outgoing};
use sqlx::PgConnection;

use crate::store::{DueUser, Error, OutboxState, OutgoingTransaction, Result, StuckQueue};

/// Calls to append to their users' queues.
#[derive(Default)]
pub(super) struct Queued<'a> {
    users: Vec<&'a str>,
    keys: Vec<&'a str>,
    bodies: Vec<String>,
    deletions: Vec<bool>,
}

impl<'a> Queued<'a> {
    /// Adds a user's calls, in their order.
    pub(super) fn add(&mut self, user_id: &'a str, calls: &'a [Outgoing]) -> Result<()> {
        for call in calls {
            let (transaction, is_deletion) = match &call.call {
                Call::Put(transaction) => (transaction, false),
                Call::Delete(transaction) => (transaction, true),
            };
            self.put(user_id, &call.key, serde_json::to_string(transaction)?, is_deletion);
        }
        Ok(())
    }

    /// Adds a user's call: its key, its body, and whether it is a deletion.
    pub(super) fn put(&mut self, user_id: &'a str, key: &'a str, body: String, is_deletion: bool) {
        self.users.push(user_id);
        self.keys.push(key);
        self.bodies.push(body);
        self.deletions.push(is_deletion);
    }

    /// Writes them. If the ids must follow commit order, the users' rows in `owners` are locked.
    pub(super) async fn write(self, database: &mut PgConnection, now: Timestamp) -> Result<()> {
        if self.keys.is_empty() {
            return Ok(());
        }
        sqlx::query(
            "INSERT INTO outbox (user_id, idempotency_key, body, is_deletion, created_at)
             SELECT user_id, key, body, is_deletion, $5
             FROM unnest($1::text[], $2::text[], $3::text[], $4::boolean[]) WITH ORDINALITY
                 AS calls (user_id, key, body, is_deletion, place)
             ORDER BY place",
        )
        .bind(&self.users)
        .bind(self.keys)
        .bind(self.bodies)
        .bind(self.deletions)
        .bind(now.as_millisecond())
        .execute(&mut *database)
        .await?;
        // The update changes nothing but locks the row: a unit of work that settles the last earlier call waits for the
        // commit and does not take the queue for empty. The rows are locked in user order to avoid deadlocks.
        sqlx::query(
            "INSERT INTO outbox_users (user_id, attempts, next_at)
             SELECT DISTINCT user_id COLLATE \"C\" AS user_id, 0, 0 FROM unnest($1::text[]) AS users (user_id)
             ORDER BY user_id
             ON CONFLICT (user_id) DO UPDATE SET next_at = outbox_users.next_at",
        )
        .bind(self.users)
        .execute(database)
        .await?;
        Ok(())
    }
}

/// The longest possible pause, in milliseconds. A due time further ahead comes from a wrong clock.
const LONGEST_PAUSE: i64 = 15 * 60_000;

/// Users who are due, the longest waiting first. Users without a failed attempt are ordered by their last turns alone,
/// whatever the clock says, because it may have been set back since.
pub(super) async fn due(database: &mut PgConnection, now: Timestamp, limit: u32) -> Result<Vec<DueUser>> {
    let now = now.as_millisecond();
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT user_id, attempts FROM (
             (SELECT 1 AS part, user_id, attempts, next_at FROM outbox_users WHERE next_at <= $1
              ORDER BY next_at LIMIT $3)
             UNION ALL
             (SELECT 2, user_id, attempts, next_at FROM outbox_users WHERE attempts = 0 AND next_at > $1
              ORDER BY next_at LIMIT $3)
             UNION ALL
             (SELECT 3, user_id, attempts, next_at FROM outbox_users WHERE attempts > 0 AND next_at > $2 LIMIT $3)
         ) AS due ORDER BY part, next_at LIMIT $3",
    )
    .bind(now)
    .bind(now + LONGEST_PAUSE)
    .bind(i64::from(limit))
    .fetch_all(database)
    .await?;
    rows.into_iter().map(|(user_id, attempts)| Ok(DueUser { user_id, attempts: count(attempts)? })).collect()
}

/// The first due time after `now`.
pub(super) async fn next_due(database: &mut PgConnection, now: Timestamp) -> Result<Option<i64>> {
    let next = sqlx::query_scalar("SELECT min(next_at) FROM outbox_users WHERE next_at > $1")
        .bind(now.as_millisecond())
        .fetch_one(database)
        .await?;
    Ok(next)
}

/// A user's oldest calls, in order.
pub(super) async fn of_user(
    database: &mut PgConnection,
    user_id: &str,
    limit: u32,
) -> Result<Vec<OutgoingTransaction>> {
    let rows: Vec<(i64, String, String, bool)> = sqlx::query_as(
        "SELECT id, idempotency_key, body, is_deletion FROM outbox WHERE user_id = $1 ORDER BY id LIMIT $2",
    )
    .bind(user_id)
    .bind(i64::from(limit))
    .fetch_all(database)
    .await?;
    let outgoing = rows.into_iter().map(|(id, idempotency_key, body, is_deletion)| {
        let transaction = serde_json::from_str(&body).map_err(|error| error.to_string());
        OutgoingTransaction { id, idempotency_key, transaction, is_deletion }
    });
    Ok(outgoing.collect())
}

/// Removes a call that the core app accepted or, with a reason, rejected permanently: then it becomes a dead letter.
pub(super) async fn settle(
    database: &mut PgConnection,
    user_id: &str,
    id: i64,
    dead: Option<&str>,
    now: Timestamp,
) -> Result<()> {
    if let Some(reason) = dead {
        add_dead_letter(database, id, reason, now).await?;
    }
    sqlx::query("DELETE FROM outbox WHERE id = $1").bind(id).execute(&mut *database).await?;
    // The user goes behind those that have waited longer, so that a long queue does not starve other users.
    sqlx::query("UPDATE outbox_users SET attempts = 0, next_at = $2, last_error = NULL WHERE user_id = $1")
        .bind(user_id)
        .bind(now.as_millisecond())
        .execute(&mut *database)
        .await?;
    // A separate statement, so that it sees calls appended by units of work that the update above waited for.
    sqlx::query("DELETE FROM outbox_users WHERE user_id = $1 AND NOT EXISTS (SELECT 1 FROM outbox WHERE user_id = $1)")
        .bind(user_id)
        .execute(database)
        .await?;
    Ok(())
}

async fn add_dead_letter(database: &mut PgConnection, id: i64, reason: &str, now: Timestamp) -> Result<()> {
    sqlx::query(
        "INSERT INTO dead_letters (user_id, idempotency_key, body, created_at, died_at, reason, is_deletion)
         SELECT user_id, idempotency_key, body, created_at, $2, $3, is_deletion FROM outbox WHERE id = $1",
    )
    .bind(id)
    .bind(now.as_millisecond())
    .bind(readable(reason))
    .execute(database)
    .await?;
    Ok(())
}

/// Notes a failed attempt: the user is due again at `until`.
pub(super) async fn postpone(database: &mut PgConnection, user_id: &str, until: Timestamp, reason: &str) -> Result<()> {
    sqlx::query("UPDATE outbox_users SET attempts = attempts + 1, next_at = $2, last_error = $3 WHERE user_id = $1")
        .bind(user_id)
        .bind(until.as_millisecond())
        .bind(readable(reason))
        .execute(database)
        .await?;
    Ok(())
}

/// The number of waiting calls, since when the oldest waits, and the number of dead letters.
pub(super) async fn state(database: &mut PgConnection) -> Result<OutboxState> {
    // The oldest call has the lowest id. After an outage, a minimum over all rows would read every body.
    let (waiting, oldest_millis, dead): (i64, Option<i64>, i64) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM outbox), (SELECT created_at FROM outbox ORDER BY id LIMIT 1),
                (SELECT count(*) FROM dead_letters)",
    )
    .fetch_one(database)
    .await?;
    Ok(OutboxState { waiting: count(waiting)?, oldest_millis, dead: count(dead)? })
}

/// The blocked queues, those with the most attempts first.
pub(super) async fn stuck(database: &mut PgConnection, attempts: u32, limit: u32) -> Result<Vec<StuckQueue>> {
    let rows: Vec<(String, i64, String, i64, String)> = sqlx::query_as(
        "SELECT u.user_id, (SELECT count(*) FROM outbox WHERE user_id = u.user_id), o.idempotency_key, u.attempts,
                coalesce(u.last_error, '')
         FROM outbox_users u JOIN outbox o ON o.id = (SELECT min(id) FROM outbox WHERE user_id = u.user_id)
         WHERE u.attempts >= $1 ORDER BY u.attempts DESC, u.user_id LIMIT $2",
    )
    .bind(i64::from(attempts))
    .bind(i64::from(limit))
    .fetch_all(database)
    .await?;
    let queue = |(user_id, waiting, idempotency_key, attempts, reason)| {
        Ok(StuckQueue { user_id, waiting: count(waiting)?, idempotency_key, attempts: count(attempts)?, reason })
    };
    rows.into_iter().map(queue).collect()
}

/// Makes the first call of a user's queue a dead letter; returns its key.
pub(super) async fn set_aside(database: &mut PgConnection, user_id: &str, now: Timestamp) -> Result<Option<String>> {
    // Locked, so that two concurrent calls set aside only one.
    let head: Option<(i64, String)> =
        sqlx::query_as("SELECT id, idempotency_key FROM outbox WHERE user_id = $1 ORDER BY id LIMIT 1 FOR UPDATE")
            .bind(user_id)
            .fetch_optional(&mut *database)
            .await?;
    let Some((id, key)) = head else { return Ok(None) };
    settle(database, user_id, id, Some("set aside by an administrator"), now).await?;
    Ok(Some(key))
}

/// Makes every waiting user due now.
pub(super) async fn hurry(database: &mut PgConnection) -> Result<()> {
    // The rows are locked in user order, as for new calls.
    sqlx::query(
        "WITH waiting AS (SELECT user_id FROM outbox_users WHERE next_at > 0 ORDER BY user_id FOR UPDATE)
         UPDATE outbox_users o SET attempts = 0, next_at = 0 FROM waiting w WHERE o.user_id = w.user_id",
    )
    .execute(database)
    .await?;
    Ok(())
}

/// Makes one user due now.
pub(super) async fn hurry_user(database: &mut PgConnection, user_id: &str) -> Result<()> {
    sqlx::query("UPDATE outbox_users SET attempts = 0, next_at = 0 WHERE user_id = $1")
        .bind(user_id)
        .execute(database)
        .await?;
    Ok(())
}

/// Removes NUL characters from a foreign text, because PostgreSQL cannot store them.
fn readable(reason: &str) -> String {
    reason.replace('\0', "")
}

fn count<T: TryFrom<i64>>(number: i64) -> Result<T> {
    T::try_from(number).map_err(|_| Error::Corrupt(format!("{number} is stored as a count")))
}
