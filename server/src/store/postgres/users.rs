//! Users who sign in with a password, and their dashboard sessions.
//!
//! Owns the tables `users` and `sessions`. Must not see a password or a token, only their hashes.

use std::collections::HashSet;

use jiff::Timestamp;
use sqlx::PgConnection;

use crate::store::{Error, Result, Session, User};

pub(super) async fn add(database: &mut PgConnection, user: &User, now: Timestamp) -> Result<()> {
    let added = sqlx::query(
        "INSERT INTO users (user_id, email, display_name, password_hash, created_at)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
    )
    .bind(&user.user_id)
    .bind(&user.email)
    .bind(&user.display_name)
    .bind(&user.password_hash)
    .bind(now.as_millisecond())
    .execute(database)
    .await?;
    if added.rows_affected() == 0 { Err(Error::Conflict("This e-mail address or user id is taken")) } else { Ok(()) }
}

pub(super) async fn by_email(database: &mut PgConnection, email: &str) -> Result<Option<User>> {
    // PostgreSQL cannot store this character, so no user has it.
    if email.contains('\0') {
        return Ok(None);
    }
    let row: Option<(String, String, String, String)> = sqlx::query_as(
        "SELECT user_id, email, display_name, password_hash FROM users WHERE lower(email) = lower($1 COLLATE \"C\")",
    )
    .bind(email)
    .fetch_optional(database)
    .await?;
    Ok(row.map(|(user_id, email, display_name, password_hash)| User { user_id, email, display_name, password_hash }))
}

/// Stores a session and deletes expired ones.
pub(super) async fn add_session(
    database: &mut PgConnection,
    token_hash: [u8; 32],
    session: &Session,
    now: Timestamp,
) -> Result<()> {
    sqlx::query("DELETE FROM sessions WHERE expires_at <= $1")
        .bind(now.as_millisecond())
        .execute(&mut *database)
        .await?;
    sqlx::query("INSERT INTO sessions (token_hash, user_id, name, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)")
        .bind(&token_hash[..])
        .bind(&session.user_id)
        .bind(&session.display_name)
        .bind(now.as_millisecond())
        .bind(session.expires_at.as_millisecond())
        .execute(database)
        .await?;
    Ok(())
}

pub(super) async fn session(
    database: &mut PgConnection,
    token_hash: [u8; 32],
    now: Timestamp,
) -> Result<Option<Session>> {
    let row: Option<(String, String, i64)> =
        sqlx::query_as("SELECT user_id, name, expires_at FROM sessions WHERE token_hash = $1 AND expires_at > $2")
            .bind(&token_hash[..])
            .bind(now.as_millisecond())
            .fetch_optional(database)
            .await?;
    row.map(|(user_id, display_name, millis)| {
        let expires_at = Timestamp::from_millisecond(millis).map_err(|error| Error::Corrupt(error.to_string()))?;
        Ok(Session { user_id, display_name, expires_at })
    })
    .transpose()
}

/// Which of these sessions have ended or expired.
pub(super) async fn ended_sessions(
    database: &mut PgConnection,
    token_hashes: Vec<[u8; 32]>,
    now: Timestamp,
) -> Result<Vec<[u8; 32]>> {
    let asked: Vec<&[u8]> = token_hashes.iter().map(<[u8; 32]>::as_slice).collect();
    let held = sqlx::query_scalar("SELECT token_hash FROM sessions WHERE token_hash = ANY($1) AND expires_at > $2");
    let held: Vec<Vec<u8>> = held.bind(asked).bind(now.as_millisecond()).fetch_all(database).await?;
    let held: HashSet<Vec<u8>> = held.into_iter().collect();
    Ok(token_hashes.into_iter().filter(|asked| !held.contains(asked.as_slice())).collect())
}

pub(super) async fn delete_session(database: &mut PgConnection, token_hash: [u8; 32]) -> Result<()> {
    sqlx::query("DELETE FROM sessions WHERE token_hash = $1").bind(&token_hash[..]).execute(database).await?;
    Ok(())
}

/// Ends every session of a user; returns how many.
pub(super) async fn delete_sessions(database: &mut PgConnection, user_id: &str) -> Result<usize> {
    let ended = sqlx::query("DELETE FROM sessions WHERE user_id = $1").bind(user_id).execute(database).await?;
    Ok(usize::try_from(ended.rows_affected()).unwrap_or(usize::MAX))
}
