//! Who can sign in at the dashboard, and who has.
//!
//! Owns the types and their trait. Must not check a password.

use async_trait::async_trait;
use jiff::Timestamp;

use super::Result;

/// A user who can sign in with a password.
#[derive(Clone, Debug)]
pub struct User {
    /// The owner of a feed.
    pub user_id: String,
    /// The e-mail address to sign in with.
    pub email: String,
    /// How to greet them.
    pub display_name: String,
    /// A PHC string of argon2id.
    pub password_hash: String,
}

/// A sign-in at the dashboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Whose it is.
    pub user_id: String,
    /// How to greet them.
    pub display_name: String,
    /// Until when it holds.
    pub expires_at: Timestamp,
}

/// Users and their sign-ins.
#[async_trait]
pub trait Users: Send + Sync {
    /// Adds a user who can sign in. Fails with [`Error::Conflict`](super::Error::Conflict) where the e-mail address or
    /// the id is taken.
    async fn add_user(&self, user: User, now: Timestamp) -> Result<()>;

    /// Who signs in with this e-mail address.
    async fn user_by_email(&self, email: String) -> Result<Option<User>>;

    /// Keeps a sign-in.
    async fn add_session(&self, token_hash: [u8; 32], session: Session, now: Timestamp) -> Result<()>;

    /// The sign-in with this token, unless it has expired.
    async fn session(&self, token_hash: [u8; 32], now: Timestamp) -> Result<Option<Session>>;

    /// Which of these sign-ins have ended or expired.
    async fn ended_sessions(&self, token_hashes: Vec<[u8; 32]>, now: Timestamp) -> Result<Vec<[u8; 32]>>;

    /// Ends a sign-in.
    async fn delete_session(&self, token_hash: [u8; 32]) -> Result<()>;

    /// Ends every sign-in of a user; how many.
    async fn delete_sessions(&self, user_id: String) -> Result<usize>;
}
