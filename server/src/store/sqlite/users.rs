//! Users who sign in with a password, and their dashboard sessions.
//!
//! Owns the tables `users` and `sessions`. Must not see a password or a token, only their hashes.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::store::{Error, Result, Session, User};

pub(super) fn add(connection: &Connection, user: &User, now: Timestamp) -> Result<()> {
    let added = connection
        .prepare_cached(
            "INSERT INTO users (user_id, email, display_name, password_hash, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
        )?
        .execute(params![user.user_id, user.email, user.display_name, user.password_hash, now.as_millisecond()])?;
    if added == 0 { Err(Error::Conflict("This e-mail address or user id is taken")) } else { Ok(()) }
}

pub(super) fn by_email(connection: &Connection, email: &str) -> Result<Option<User>> {
    Ok(connection
        .prepare_cached("SELECT user_id, email, display_name, password_hash FROM users WHERE email = ?1")?
        .query_row([email], |row| {
            Ok(User { user_id: row.get(0)?, email: row.get(1)?, display_name: row.get(2)?, password_hash: row.get(3)? })
        })
        .optional()?)
}

/// Stores a session and deletes expired ones.
pub(super) fn add_session(
    connection: &Connection,
    token_hash: [u8; 32],
    session: &Session,
    now: Timestamp,
) -> Result<()> {
    connection.prepare_cached("DELETE FROM sessions WHERE expires_at <= ?1")?.execute([now.as_millisecond()])?;
    connection
        .prepare_cached(
            "INSERT INTO sessions (token_hash, user_id, name, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            token_hash,
            session.user_id,
            session.display_name,
            now.as_millisecond(),
            session.expires_at.as_millisecond()
        ])?;
    Ok(())
}

pub(super) fn session(connection: &Connection, token_hash: [u8; 32], now: Timestamp) -> Result<Option<Session>> {
    let row: Option<(String, String, i64)> = connection
        .prepare_cached("SELECT user_id, name, expires_at FROM sessions WHERE token_hash = ?1 AND expires_at > ?2")?
        .query_row(params![token_hash, now.as_millisecond()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    row.map(|(user_id, display_name, millis)| {
        let expires_at = Timestamp::from_millisecond(millis).map_err(|error| Error::Corrupt(error.to_string()))?;
        Ok(Session { user_id, display_name, expires_at })
    })
    .transpose()
}

/// Which of these sessions have ended or expired.
pub(super) fn ended_sessions(
    connection: &Connection,
    token_hashes: Vec<[u8; 32]>,
    now: Timestamp,
) -> Result<Vec<[u8; 32]>> {
    let mut holds = connection.prepare_cached("SELECT 1 FROM sessions WHERE token_hash = ?1 AND expires_at > ?2")?;
    let mut ended = vec![];
    for token_hash in token_hashes {
        if !holds.exists(params![token_hash, now.as_millisecond()])? {
            ended.push(token_hash);
        }
    }
    Ok(ended)
}

pub(super) fn delete_session(connection: &Connection, token_hash: [u8; 32]) -> Result<()> {
    connection.prepare_cached("DELETE FROM sessions WHERE token_hash = ?1")?.execute([token_hash])?;
    Ok(())
}

/// Ends every session of a user; returns how many.
pub(super) fn delete_sessions(connection: &Connection, user_id: &str) -> Result<usize> {
    Ok(connection.prepare_cached("DELETE FROM sessions WHERE user_id = ?1")?.execute([user_id])?)
}
