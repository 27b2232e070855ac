//! Attempts to connect a bank, and users as providers know them.
//!
//! Owns the tables `connects` and `provider_users`. Must not decide whose callback is accepted.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{Connection as Database, OptionalExtension as _, Row, params};

use crate::store::{ConnectAttempt, Error, Result, ReturnedConnect, StateHash};

/// The provider's id of a user.
pub(super) fn provider_user(database: &Database, connector_id: &str, user_id: &str) -> Result<Option<String>> {
    let sql = "SELECT provider_user FROM provider_users WHERE connector_id = ?1 AND user_id = ?2";
    Ok(database.prepare_cached(sql)?.query_row([connector_id, user_id], |row| row.get(0)).optional()?)
}

/// Stores the provider's id of a user, unless one is stored already; returns the stored one.
pub(super) fn keep_provider_user(
    database: &Database,
    connector_id: &str,
    user_id: &str,
    provider_user: &str,
) -> Result<String> {
    database
        .prepare_cached(
            "INSERT INTO provider_users (connector_id, user_id, provider_user) VALUES (?1, ?2, ?3)
             ON CONFLICT DO NOTHING",
        )?
        .execute([connector_id, user_id, provider_user])?;
    self::provider_user(database, connector_id, user_id)?.ok_or(Error::NotFound)
}

/// Deletes the provider's id of a user.
pub(super) fn forget_provider_user(database: &Database, connector_id: &str, user_id: &str) -> Result<()> {
    let sql = "DELETE FROM provider_users WHERE connector_id = ?1 AND user_id = ?2";
    database.prepare_cached(sql)?.execute([connector_id, user_id])?;
    Ok(())
}

/// Begins an attempt, and deletes attempts whose deadline has passed.
pub(super) fn begin(
    database: &Database,
    state: &StateHash,
    attempt: &ConnectAttempt,
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<()> {
    database
        .prepare_cached("DELETE FROM connects WHERE returned_at IS NULL AND expires_at <= ?1")?
        .execute([now.as_millisecond()])?;
    database
        .prepare_cached(
            "INSERT INTO connects (state, connector_id, user_id, provider_user, connection_id, token, expires_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            state,
            attempt.connector_id,
            attempt.user_id,
            attempt.provider_user,
            attempt.connection_id,
            attempt.token,
            expires_at.as_millisecond()
        ])?;
    Ok(())
}

/// Records the callback of an attempt.
pub(super) fn come_back(
    database: &Database,
    state: &StateHash,
    (connector_id, user_id): (&str, &str),
    parameters: &BTreeMap<String, String>,
    now: Timestamp,
) -> Result<ReturnedConnect> {
    let attempt: Option<ConnectAttempt> = database
        .prepare_cached(
            "SELECT connector_id, user_id, provider_user, connection_id, token FROM connects
             WHERE state = ?1 AND connector_id = ?2 AND returned_at IS NULL AND expires_at > ?3",
        )?
        .query_row(params![state, connector_id, now.as_millisecond()], attempt)
        .optional()?;
    let attempt = attempt.ok_or(Error::NotFound)?;
    if attempt.user_id != user_id {
        return Err(Error::Conflict("This attempt is another user's"));
    }
    database
        .prepare_cached("UPDATE connects SET returned_at = ?2, parameters = ?3 WHERE state = ?1")?
        .execute(params![state, now.as_millisecond(), serde_json::to_string(parameters)?])?;
    Ok(ReturnedConnect { attempt, parameters: parameters.clone(), at: now })
}

/// The attempts that have returned and have not ended.
pub(super) fn returned(database: &Database) -> Result<Vec<(StateHash, ReturnedConnect)>> {
    let mut statement = database.prepare_cached(
        "SELECT connector_id, user_id, provider_user, connection_id, token, state, returned_at, parameters FROM connects
         WHERE returned_at IS NOT NULL ORDER BY returned_at",
    )?;
    let rows = statement
        .query_map([], |row| Ok((attempt(row)?, row.get(5)?, row.get::<_, i64>(6)?, row.get::<_, String>(7)?)))?;
    let rows: Vec<(ConnectAttempt, StateHash, i64, String)> = rows.collect::<rusqlite::Result<_>>()?;
    rows.into_iter()
        .map(|(attempt, state, at, parameters)| {
            let at = Timestamp::from_millisecond(at).map_err(|error| Error::Corrupt(error.to_string()))?;
            Ok((state, ReturnedConnect { attempt, parameters: serde_json::from_str(&parameters)?, at }))
        })
        .collect()
}

/// Ends an attempt.
pub(super) fn end(database: &Database, state: &StateHash) -> Result<()> {
    database.prepare_cached("DELETE FROM connects WHERE state = ?1")?.execute([state])?;
    Ok(())
}

fn attempt(row: &Row<'_>) -> rusqlite::Result<ConnectAttempt> {
    Ok(ConnectAttempt {
        connector_id: row.get(0)?,
        user_id: row.get(1)?,
        provider_user: row.get(2)?,
        connection_id: row.get(3)?,
        token: row.get(4)?,
    })
}
