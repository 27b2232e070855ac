//! Calls that the core app rejected permanently.
//!
//! Owns reading the table `dead_letters` and requeuing its calls. Must not send anything.

use std::ops::RangeInclusive;

use jiff::Timestamp;
use sqlx::PgConnection;
use wire::Transaction;
use wire::transaction::TransactionKey;

use super::outbox;
use crate::clock;
use crate::store::{DeadLetter, Result, Revived};

/// The newest dead letters.
pub(super) async fn newest(database: &mut PgConnection, limit: u32) -> Result<Vec<DeadLetter>> {
    let rows: Vec<(i64, String, String, i64, String)> = sqlx::query_as(
        "SELECT id, user_id, idempotency_key, died_at, reason FROM dead_letters ORDER BY id DESC LIMIT $1",
    )
    .bind(i64::from(limit))
    .fetch_all(database)
    .await?;
    let letter = |(id, user_id, idempotency_key, died_at, reason)| {
        let died_at = clock::rfc3339_of_millis(died_at);
        DeadLetter { id, user_id, idempotency_key, died_at, reason }
    };
    Ok(rows.into_iter().map(letter).collect())
}

/// The id of the newest dead letter; nothing if there is none.
pub(super) async fn newest_id(database: &mut PgConnection) -> Result<Option<i64>> {
    Ok(sqlx::query_scalar("SELECT max(id) FROM dead_letters").fetch_one(database).await?)
}

/// Puts the dead letters of a range back at the end of their users' queues, due now: at most `limit`, the oldest first.
/// Returns the last one's id and the outcome.
pub(super) async fn revive(
    database: &mut PgConnection,
    ids: &RangeInclusive<i64>,
    limit: u32,
    now: Timestamp,
) -> Result<Option<(i64, Revived)>> {
    let mut letters: Vec<(i64, String, String, String, bool)> = sqlx::query_as(
        "DELETE FROM dead_letters WHERE id IN (
             SELECT id FROM dead_letters WHERE id BETWEEN $1 AND $2 ORDER BY id LIMIT $3 FOR UPDATE)
         RETURNING id, user_id, idempotency_key, body, is_deletion",
    )
    .bind(ids.start())
    .bind(ids.end())
    .bind(i64::from(limit))
    .fetch_all(&mut *database)
    .await?;
    let last = letters.iter().map(|(id, ..)| *id).max();
    // The users' rows are locked in user order to avoid deadlocks.
    letters.sort_unstable_by(|(id, user_id, ..), (other, others, ..)| (user_id, id).cmp(&(others, other)));
    let mut became = Revived::default();
    for (_, user_id, key, body, is_deletion) in letters {
        if is_outdated(database, &user_id, &body, is_deletion).await? {
            became.outdated += 1;
            continue;
        }
        became.revived += 1;
        let mut queued = outbox::Queued::default();
        queued.put(&user_id, &key, body, is_deletion);
        queued.write(database, now).await?;
        outbox::hurry_user(database, &user_id).await?;
    }
    Ok(last.map(|id| (id, became)))
}

/// Whether the transaction has a newer revision or is deleted. A call for an older revision would otherwise be the last
/// that the core app receives. A deletion is outdated if the transaction exists again.
async fn is_outdated(database: &mut PgConnection, user_id: &str, body: &str, is_deletion: bool) -> Result<bool> {
    // The lock keeps a newer revision from being queued before this call until the commit.
    sqlx::query("SELECT 1 FROM owners WHERE user_id = $1 FOR UPDATE").bind(user_id).execute(&mut *database).await?;
    let Ok(letter) = serde_json::from_str::<Transaction>(body) else { return Ok(false) };
    Ok(match revision(database, user_id, &letter.key()).await? {
        Some(now) => is_deletion || now > i64::from(letter.revision),
        None => !is_deletion,
    })
}

/// The revision of a user's transaction, if it exists.
async fn revision(database: &mut PgConnection, user_id: &str, key: &TransactionKey) -> Result<Option<i64>> {
    let revision = sqlx::query_scalar(
        "SELECT t.revision FROM owners o
             JOIN accounts a ON a.owner = o.id
             JOIN connections c ON c.id = a.connection
             JOIN transactions t ON t.account = a.id
         WHERE o.user_id = $1 AND c.connector_id = $2 AND c.connection_id = $3 AND a.account_id = $4
             AND t.transaction_id = $5",
    )
    .bind(user_id)
    .bind(&key.connector_id)
    .bind(&key.connection_id)
    .bind(&key.account_id)
    .bind(&key.transaction_id)
    .fetch_optional(database)
    .await?;
    Ok(revision)
}
