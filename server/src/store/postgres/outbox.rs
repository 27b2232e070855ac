//! What is still to be sent to the core app.
//!
//! Owns the tables `outbox` and `outbox_users`: each user's queue, whose turn it is, and that what is refused becomes a dead
//! letter. Must not send anything nor decide when to try again.

use jiff::Timestamp;
use ledger::{Call, Outgoing};
use sqlx::PgConnection;

use crate::store::{DueUser, Error, OutboxState, OutgoingTransaction, Result, StuckQueue};

/// Calls that are put at the ends of their users' queues.
#[derive(Default)]
pub(super) struct Queued<'a> {
    users: Vec<&'a str>,
    keys: Vec<&'a str>,
    bodies: Vec<String>,
    deletions: Vec<bool>,
}

impl<'a> Queued<'a> {
    /// Adds calls to a user, in their order.
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

    /// Adds a call to a user: its key, its body, and whether it is a deletion.
    pub(super) fn put(&mut self, user_id: &'a str, key: &'a str, body: String, is_deletion: bool) {
        self.users.push(user_id);
        self.keys.push(key);
        self.bodies.push(body);
        self.deletions.push(is_deletion);
    }

    /// Writes them. The users' rows in `owners` are locked where the order of the ids has to be that of the commits.
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
        // An update that changes nothing locks the row: whoever settles the last call before these waits for the commit, and
        // does not take the queue for empty. In the users' order, so that no two wait for one another.
        sqlx::query(
            "INSERT INTO outbox_users (user_id, attempts, next_at)
             SELECT DISTINCT user_id, 0, 0 FROM unnest($1::text[]) AS users (user_id) ORDER BY user_id
             ON CONFLICT (user_id) DO UPDATE SET next_at = outbox_users.next_at",
        )
        .bind(self.users)
        .execute(database)
        .await?;
        Ok(())
    }
}

/// No pause is longer, in milliseconds. What lies further ahead is due to a clock that was wrong.
const LONGEST_PAUSE: i64 = 15 * 60_000;

/// Users whose time has come, the longest waiting first. Those that pause for nothing only wait in the order of
/// their last turns, whatever the clock says: it may have been set back since.
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

/// A user's oldest, in order.
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

/// The core app has taken one, or (with a reason) refused it for good: it is then a dead letter.
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
    // Behind those that wait longer: a long queue keeps nobody else from having a turn.
    sqlx::query("UPDATE outbox_users SET attempts = 0, next_at = $2, last_error = NULL WHERE user_id = $1")
        .bind(user_id)
        .bind(now.as_millisecond())
        .execute(&mut *database)
        .await?;
    // A statement of its own: it sees what was appended by those that the update above has waited for.
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

/// It could not be sent: the user's turn comes again later.
pub(super) async fn postpone(database: &mut PgConnection, user_id: &str, until: Timestamp, reason: &str) -> Result<()> {
    sqlx::query("UPDATE outbox_users SET attempts = attempts + 1, next_at = $2, last_error = $3 WHERE user_id = $1")
        .bind(user_id)
        .bind(until.as_millisecond())
        .bind(readable(reason))
        .execute(database)
        .await?;
    Ok(())
}

/// How much waits, since when, and how much is dead.
pub(super) async fn state(database: &mut PgConnection) -> Result<OutboxState> {
    // What comes later has a higher id. A minimum over all rows would read every body after an outage.
    let (waiting, oldest_millis, dead): (i64, Option<i64>, i64) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM outbox), (SELECT created_at FROM outbox ORDER BY id LIMIT 1),
                (SELECT count(*) FROM dead_letters)",
    )
    .fetch_one(database)
    .await?;
    Ok(OutboxState { waiting: count(waiting)?, oldest_millis, dead: count(dead)? })
}

/// The queues that are held up, the most tried first.
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

/// Makes the head of a user's queue a dead letter; its key.
pub(super) async fn set_aside(database: &mut PgConnection, user_id: &str, now: Timestamp) -> Result<Option<String>> {
    // Locked: two that set it aside at once set one aside.
    let head: Option<(i64, String)> =
        sqlx::query_as("SELECT id, idempotency_key FROM outbox WHERE user_id = $1 ORDER BY id LIMIT 1 FOR UPDATE")
            .bind(user_id)
            .fetch_optional(&mut *database)
            .await?;
    let Some((id, key)) = head else { return Ok(None) };
    settle(database, user_id, id, Some("set aside by an administrator"), now).await?;
    Ok(Some(key))
}

/// The turn of everybody who waits comes now.
pub(super) async fn hurry(database: &mut PgConnection) -> Result<()> {
    sqlx::query("UPDATE outbox_users SET attempts = 0, next_at = 0 WHERE next_at > 0").execute(database).await?;
    Ok(())
}

/// The turn of one user comes now.
pub(super) async fn hurry_user(database: &mut PgConnection, user_id: &str) -> Result<()> {
    sqlx::query("UPDATE outbox_users SET attempts = 0, next_at = 0 WHERE user_id = $1")
        .bind(user_id)
        .execute(database)
        .await?;
    Ok(())
}

/// What others say as PostgreSQL takes it: it stores no NUL in a text.
fn readable(reason: &str) -> String {
    reason.replace('\0', "")
}

fn count<T: TryFrom<i64>>(number: i64) -> Result<T> {
    T::try_from(number).map_err(|_| Error::Corrupt(format!("{number} stands as a count")))
}
