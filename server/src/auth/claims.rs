//! The claims of a signed token: user, expiry, issuer and audience (RFC 7519).
//!
//! Owns which claims are read. Must not check a signature. Claims that are not used may have any type.

use jiff::Timestamp;
use serde::Deserialize;

use super::Identity;
use super::members::Members;
use super::refusal::Refusal;
use super::session::SessionId;
use crate::config::AuthConfig;
use crate::ids;

/// How far the issuer's clock and this server's may differ.
pub const LEEWAY_SECONDS: i64 = 5;
/// The claim in a token that this server makes for one of its pages: the session's id, in hexadecimal.
const SESSION: &str = "tallywire_session";

/// The accepted audiences and issuers. If none are configured, any is accepted.
#[derive(Clone, Debug, Default)]
pub(super) struct Expected {
    audiences: Vec<String>,
    issuers: Vec<String>,
}

/// A user id in a claim: Node services send numbers as well as strings.
#[derive(Deserialize)]
#[serde(untagged)]
enum UserId {
    Text(String),
    Number(u64),
}

/// `aud` is a string or a list of strings.
#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Expected {
    pub(super) fn new(config: &AuthConfig) -> Self {
        Self { audiences: config.jwt_audiences.clone(), issuers: config.jwt_issuers.clone() }
    }

    /// Reads the identity from a token's signed bytes.
    pub(super) fn identity(&self, payload: &[u8], now: Timestamp) -> Result<Identity, Refusal> {
        let claims = Members::read(payload).ok_or(Refusal::Claims)?;
        let expires_at = end(&claims, now)?;
        self.check_issuer(&claims)?;
        self.check_audience(&claims)?;
        Ok(Identity { user_id: user(&claims)?, expires_at, session: session(&claims)? })
    }

    fn check_issuer(&self, claims: &Members) -> Result<(), Refusal> {
        if self.issuers.is_empty() {
            return Ok(());
        }
        let issuer: Option<String> = claims.get("iss").map_err(|_| Refusal::Issuer)?;
        issuer.filter(|issuer| self.issuers.contains(issuer)).map(drop).ok_or(Refusal::Issuer)
    }

    fn check_audience(&self, claims: &Members) -> Result<(), Refusal> {
        if self.audiences.is_empty() {
            return Ok(());
        }
        let named = match claims.get("aud").map_err(|_| Refusal::Audience)? {
            Some(Audience::One(audience)) => vec![audience],
            Some(Audience::Several(audiences)) => audiences,
            None => return Err(Refusal::Audience),
        };
        if named.iter().any(|audience| self.audiences.contains(audience)) { Ok(()) } else { Err(Refusal::Audience) }
    }
}

/// When a token expires, provided that it is valid now. Times are in seconds; some libraries write fractions.
fn end(claims: &Members, now: Timestamp) -> Result<Timestamp, Refusal> {
    let time = |name| claims.get::<f64>(name).map_err(|_| Refusal::Time);
    let (expires_at, not_before) = (time("exp")?.ok_or(Refusal::Time)?, time("nbf")?);
    #[expect(clippy::cast_precision_loss, reason = "seconds stay below 2^53")]
    let (now, leeway) = (now.as_second() as f64, LEEWAY_SECONDS as f64);
    if expires_at + leeway <= now || not_before.is_some_and(|not_before| not_before - leeway > now) {
        return Err(Refusal::Time);
    }
    #[expect(clippy::cast_possible_truncation, reason = "a float beyond the range saturates")]
    let seconds = expires_at as i64;
    Ok(Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX))
}

/// The first of the three claims that is present decides, and must be a valid user id.
fn user(claims: &Members) -> Result<String, Refusal> {
    for name in ["userId", "id", "sub"] {
        let user = match claims.get(name).map_err(|_| Refusal::User)? {
            Some(UserId::Text(text)) => text,
            Some(UserId::Number(number)) => number.to_string(),
            None => continue,
        };
        return if ids::is_name(&user) { Ok(user) } else { Err(Refusal::User) };
    }
    Err(Refusal::User)
}

fn session(claims: &Members) -> Result<Option<SessionId>, Refusal> {
    let id: Option<String> = claims.get(SESSION).map_err(|_| Refusal::Session)?;
    let parse = |id: String| hex::decode(id).ok()?.try_into().ok();
    id.map(|id| parse(id).ok_or(Refusal::Session)).transpose()
}

#[cfg(test)]
mod tests;
