//! The trait for users and their sessions over its tables.
//!
//! Owns the choice between the writer and a reader. Must not hold a statement.

use async_trait::async_trait;
use jiff::Timestamp;

use super::super::{SqliteStore, users};
use crate::store::{Result, Session, User, Users};

#[async_trait]
impl Users for SqliteStore {
    async fn add_user(&self, user: User, now: Timestamp) -> Result<()> {
        self.writer.write(move |connection, _| users::add(connection, &user, now)).await
    }

    async fn user_by_email(&self, email: String) -> Result<Option<User>> {
        self.readers.read(move |connection| users::by_email(connection, &email)).await
    }

    async fn add_session(&self, token_hash: [u8; 32], session: Session, now: Timestamp) -> Result<()> {
        self.writer.write(move |connection, _| users::add_session(connection, token_hash, &session, now)).await
    }

    async fn session(&self, token_hash: [u8; 32], now: Timestamp) -> Result<Option<Session>> {
        self.readers.read(move |connection| users::session(connection, token_hash, now)).await
    }

    async fn ended_sessions(&self, token_hashes: Vec<[u8; 32]>, now: Timestamp) -> Result<Vec<[u8; 32]>> {
        self.readers.read(move |connection| users::ended_sessions(connection, token_hashes, now)).await
    }

    async fn delete_session(&self, token_hash: [u8; 32]) -> Result<()> {
        self.writer.write(move |connection, _| users::delete_session(connection, token_hash)).await
    }

    async fn delete_sessions(&self, user_id: String) -> Result<usize> {
        self.writer.write(move |connection, _| users::delete_sessions(connection, &user_id)).await
    }
}
