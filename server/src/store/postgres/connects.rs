//! Attempts to connect a bank, and users as providers know them.
//!
//! Owns the tables `connects` and `provider_users`. Must not decide whose callback is accepted.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};

use crate::store::{CONNECT_CLAIM, ConnectAttempt, Error, Result, ReturnedConnect, StateHash};

/// The provider's id of a user.
pub(super) async fn provider_user(
    database: &mut PgConnection,
    connector_id: &str,
    user_id: &str,
) -> Result<Option<String>> {
    let kept = sqlx::query_scalar("SELECT provider_user FROM provider_users WHERE connector_id = $1 AND user_id = $2")
        .bind(connector_id)
        .bind(user_id)
        .fetch_optional(database)
        .await?;
    Ok(kept)
}

/// Stores the provider's id of a user, unless one is stored already; returns the stored one.
pub(super) async fn keep_provider_user(
    database: &mut PgConnection,
    connector_id: &str,
    user_id: &str,
    provider_user: &str,
) -> Result<String> {
    // An update that changes nothing: `DO NOTHING` returns no row, and a second statement might not find one.
    let kept = sqlx::query_scalar(
        "INSERT INTO provider_users (connector_id, user_id, provider_user) VALUES ($1, $2, $3)
         ON CONFLICT (connector_id, user_id) DO UPDATE SET provider_user = provider_users.provider_user
         RETURNING provider_user",
    )
    .bind(connector_id)
    .bind(user_id)
    .bind(provider_user)
    .fetch_one(database)
    .await?;
    Ok(kept)
}

/// Deletes the provider's id of a user.
pub(super) async fn forget_provider_user(database: &mut PgConnection, connector_id: &str, user_id: &str) -> Result<()> {
    sqlx::query("DELETE FROM provider_users WHERE connector_id = $1 AND user_id = $2")
        .bind(connector_id)
        .bind(user_id)
        .execute(database)
        .await?;
    Ok(())
}

/// Begins an attempt, and deletes attempts whose deadline has passed.
pub(super) async fn begin(
    database: &mut PgConnection,
    state: &StateHash,
    attempt: &ConnectAttempt,
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<()> {
    sqlx::query("DELETE FROM connects WHERE returned_at IS NULL AND expires_at <= $1")
        .bind(now.as_millisecond())
        .execute(&mut *database)
        .await?;
    sqlx::query(
        "INSERT INTO connects (state, connector_id, user_id, provider_user, connection_id, token, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(&state[..])
    .bind(&attempt.connector_id)
    .bind(&attempt.user_id)
    .bind(&attempt.provider_user)
    .bind(&attempt.connection_id)
    .bind(&attempt.token)
    .bind(expires_at.as_millisecond())
    .execute(database)
    .await?;
    Ok(())
}

/// Records the callback of an attempt.
pub(super) async fn come_back(
    database: &mut PgConnection,
    state: &StateHash,
    (connector_id, user_id): (&str, &str),
    parameters: &BTreeMap<String, String>,
    now: Timestamp,
) -> Result<ReturnedConnect> {
    // A second, simultaneous callback waits here and then finds the attempt returned.
    let row = sqlx::query(
        "SELECT connector_id, user_id, provider_user, connection_id, token FROM connects
         WHERE state = $1 AND connector_id = $2 AND returned_at IS NULL AND expires_at > $3 FOR UPDATE",
    )
    .bind(&state[..])
    .bind(connector_id)
    .bind(now.as_millisecond())
    .fetch_optional(&mut *database)
    .await?;
    let attempt = attempt(&row.ok_or(Error::NotFound)?)?;
    if attempt.user_id != user_id {
        return Err(Error::Conflict("This attempt is another user's"));
    }
    let back = "UPDATE connects SET returned_at = $2, parameters = $3, followed_until = now() + $4 WHERE state = $1";
    sqlx::query(back)
        .bind(&state[..])
        .bind(now.as_millisecond())
        .bind(serde_json::to_string(parameters)?)
        .bind(CONNECT_CLAIM)
        .execute(database)
        .await?;
    Ok(ReturnedConnect { attempt, parameters: parameters.clone(), at: now })
}

/// Claims the attempts that have returned, have not ended, and are followed by no node any more.
pub(super) async fn claim(database: &mut PgConnection, lasts: Duration) -> Result<Vec<(StateHash, ReturnedConnect)>> {
    let rows = sqlx::query(
        "UPDATE connects SET followed_until = now() + $1
         WHERE returned_at IS NOT NULL AND coalesce(followed_until <= now(), true)
         RETURNING connector_id, user_id, provider_user, connection_id, token, state, returned_at, parameters",
    )
    .bind(lasts)
    .fetch_all(database)
    .await?;
    rows.iter().map(came_back).collect()
}

fn came_back(row: &PgRow) -> Result<(StateHash, ReturnedConnect)> {
    let (state, at, parameters): (&[u8], i64, &str) = (row.try_get(5)?, row.try_get(6)?, row.try_get(7)?);
    let state = state.try_into().map_err(|_| Error::Corrupt("a state's hash has the wrong length".to_owned()))?;
    let at = Timestamp::from_millisecond(at).map_err(|error| Error::Corrupt(error.to_string()))?;
    Ok((state, ReturnedConnect { attempt: attempt(row)?, parameters: serde_json::from_str(parameters)?, at }))
}

/// Renews the claim to an attempt.
pub(super) async fn follow(database: &mut PgConnection, state: &StateHash, lasts: Duration) -> Result<()> {
    sqlx::query("UPDATE connects SET followed_until = now() + $2 WHERE state = $1")
        .bind(&state[..])
        .bind(lasts)
        .execute(database)
        .await?;
    Ok(())
}

/// Ends an attempt.
pub(super) async fn end(database: &mut PgConnection, state: &StateHash) -> Result<()> {
    sqlx::query("DELETE FROM connects WHERE state = $1").bind(&state[..]).execute(database).await?;
    Ok(())
}

fn attempt(row: &PgRow) -> Result<ConnectAttempt> {
    Ok(ConnectAttempt {
        connector_id: row.try_get(0)?,
        user_id: row.try_get(1)?,
        provider_user: row.try_get(2)?,
        connection_id: row.try_get(3)?,
        token: row.try_get(4)?,
    })
}
