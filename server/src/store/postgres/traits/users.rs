//! The trait for users and their sessions over its tables.
//!
//! Owns the choice between a unit of work and one statement. Must not hold a statement.

use async_trait::async_trait;
use jiff::Timestamp;

use super::super::lent::read;
use super::super::unit::in_unit;
use super::super::{PostgresStore, users};
use crate::store::{Result, Session, User, Users};

#[async_trait]
impl Users for PostgresStore {
    async fn add_user(&self, user: User, now: Timestamp) -> Result<()> {
        in_unit!(self, now, |unit| users::add(&mut unit.database, &user, now))
    }

    async fn user_by_email(&self, email: String) -> Result<Option<User>> {
        read(users::by_email(&mut *self.pool.acquire().await?, &email)).await
    }

    async fn add_session(&self, token_hash: [u8; 32], session: Session, now: Timestamp) -> Result<()> {
        in_unit!(self, now, |unit| users::add_session(&mut unit.database, token_hash, &session, now))
    }

    async fn session(&self, token_hash: [u8; 32], now: Timestamp) -> Result<Option<Session>> {
        read(users::session(&mut *self.pool.acquire().await?, token_hash, now)).await
    }

    async fn ended_sessions(&self, token_hashes: Vec<[u8; 32]>, now: Timestamp) -> Result<Vec<[u8; 32]>> {
        read(users::ended_sessions(&mut *self.pool.acquire().await?, token_hashes, now)).await
    }

    async fn delete_session(&self, token_hash: [u8; 32]) -> Result<()> {
        in_unit!(self, Timestamp::UNIX_EPOCH, |unit| users::delete_session(&mut unit.database, token_hash))
    }

    async fn delete_sessions(&self, user_id: String) -> Result<usize> {
        in_unit!(self, Timestamp::UNIX_EPOCH, |unit| users::delete_sessions(&mut unit.database, &user_id))
    }
}
