//! Who is calling.
//!
//! Owns the three ways to prove it (a JWT, a password, a session cookie), which all end in a user id,
//! and the service secret. Must not decide what a caller may do with what.

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

use crate::store::Store;

pub use refusal::Refusal;

/// A user whose token or session was good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The owner of the feed.
    pub user_id: String,
    /// When the proof ends.
    pub expires_at: Timestamp,
    /// The dashboard's session that it came from, if it did: its end is the proof's end.
    pub session: Option<session::SessionId>,
}

/// Whose a token is. One that this server made for a page holds as long as that page's session does.
pub async fn of_token(
    tokens: &token::TokenVerifier,
    store: &dyn Store,
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

/// For how long a proof is still valid, at most a year: the runtime cannot hold much longer deadlines.
pub fn remaining(until: Timestamp, now: Timestamp) -> Duration {
    let seconds = until.as_second().saturating_sub(now.as_second()).saturating_add(token::LEEWAY_SECONDS);
    Duration::from_secs(u64::try_from(seconds).unwrap_or_default().min(365 * 86_400))
}

/// Why a proof was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It is malformed, wrongly signed, not signed with an accepted algorithm, or out of its time.
    #[error("invalid or expired token")]
    Invalid,
    /// It could not be checked now; the text is for the log.
    #[error("the token could not be checked: {0}")]
    Unavailable(String),
}
