//! Authentication.
//!
//! Owns the three credentials (a JWT, a password, a session cookie), which all yield a user id, and the service secret.
//! Must not decide a caller's permissions.

mod claims;
mod jwks;
mod members;
mod refusal;
mod roca;

pub mod jws;
pub mod key;
pub mod key_set;
pub mod origin;
pub mod password;
pub mod presented;
pub mod session;
pub mod signer;
pub mod token;

use std::time::Duration;

use jiff::Timestamp;

use crate::store::Users;

pub use refusal::Refusal;

/// A user with a valid token or session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The user whose events the caller may receive.
    pub user_id: String,
    /// When the credentials expire.
    pub expires_at: Timestamp,
    /// The dashboard session that it came from, if any. When the session ends, the identity is no longer valid.
    pub session: Option<session::SessionId>,
}

/// The identity of a token. A token that this server issued for a page is valid as long as that page's session.
pub async fn of_token(
    tokens: &token::TokenVerifier,
    store: &dyn Users,
    token: &str,
    now: Timestamp,
) -> Result<Identity, Error> {
    let identity = tokens.verify(token, now).await?;
    let Some(session) = identity.session else { return Ok(identity) };
    match store.session(session, now).await {
        Ok(Some(held)) if held.user_id == identity.user_id => Ok(identity),
        Ok(_) => Err(Error::Invalid),
        Err(error) => Err(Error::Unavailable(error.to_string())),
    }
}

/// How long credentials are still valid, capped at a year: the runtime does not support much longer deadlines.
pub fn remaining(until: Timestamp, now: Timestamp) -> Duration {
    let seconds = until.as_second().saturating_sub(now.as_second()).saturating_add(token::LEEWAY_SECONDS);
    Duration::from_secs(u64::try_from(seconds).unwrap_or_default().min(365 * 86_400))
}

/// Why credentials were refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The token is malformed, wrongly signed, not signed with an accepted algorithm, or expired or not yet valid.
    #[error("invalid or expired token")]
    Invalid,
    /// The token could not be checked now; the text is for the log.
    #[error("the token could not be checked: {0}")]
    Unavailable(String),
}
