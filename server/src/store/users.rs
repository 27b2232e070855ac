//! Who can sign in at the dashboard, and their dashboard sessions.
//!
//! Owns the types and their trait. Must not check a password.

use async_trait::async_trait;
use jiff::Timestamp;

use super::Result;

/// A user who can sign in with a password.
#[derive(Clone, Debug)]
pub struct User {
    /// The id of the user.
    pub user_id: String,
    /// The e-mail address to sign in with.
    pub email: String,
    /// The name to greet them with.
    pub display_name: String,
    /// The argon2id hash, as a PHC string.
    pub password_hash: String,
}

/// A dashboard session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The user who signed in.
    pub user_id: String,
    /// The name to greet them with.
    pub display_name: String,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// Users and their dashboard sessions.
#[async_trait]
pub trait Users: Send + Sync {
    /// Adds a user who can sign in. Fails with [`Error::Conflict`](super::Error::Conflict) if the e-mail address or the id
    /// is taken.
    async fn add_user(&self, user: User, now: Timestamp) -> Result<()>;

    /// The user with this e-mail address.
    async fn user_by_email(&self, email: String) -> Result<Option<User>>;

    /// Stores a session.
    async fn add_session(&self, token_hash: [u8; 32], session: Session, now: Timestamp) -> Result<()>;

    /// The session with this token, unless it has expired.
    async fn session(&self, token_hash: [u8; 32], now: Timestamp) -> Result<Option<Session>>;

    /// Which of these sessions have ended or expired.
    async fn ended_sessions(&self, token_hashes: Vec<[u8; 32]>, now: Timestamp) -> Result<Vec<[u8; 32]>>;

    /// Ends a session.
    async fn delete_session(&self, token_hash: [u8; 32]) -> Result<()>;

    /// Ends every session of a user; returns how many.
    async fn delete_sessions(&self, user_id: String) -> Result<usize>;
}
