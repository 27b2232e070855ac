//! The host application's tokens.
//!
//! Owns which keys are accepted, in which order they are tried, and that the key determines the algorithm, never a
//! token's header. Must not know sessions or sockets; the clock is passed in.

use std::time::Instant;

use jiff::Timestamp;

use super::claims::Expected;
use super::jwks::Jwks;
use super::jws::{Algorithm, Jws};
use super::key::{HmacKey, PublicKey};
use super::refusal::Refusal;
use super::{Error, Identity};
use crate::config::AuthConfig;

pub use super::claims::LEEWAY_SECONDS;

/// Checks tokens against the configured keys, and nothing else.
pub struct TokenVerifier {
    secrets: Vec<HmacKey>,
    public_key: Option<PublicKey>,
    jwks: Option<Jwks>,
    expected: Expected,
}

impl TokenVerifier {
    /// The verifier of a validated configuration: an invalid key is left out.
    pub fn new(config: &AuthConfig) -> Self {
        let secrets = config.jwt_secrets.iter().filter_map(|secret| HmacKey::new(secret.expose().as_bytes()).ok());
        Self {
            secrets: secrets.collect(),
            public_key: config.jwt_public_key.as_deref().and_then(|pem| PublicKey::from_pem(pem).ok()),
            jwks: config.jwt_jwks_url.clone().map(Jwks::new),
            expected: Expected::new(config),
        }
    }

    /// The identity of a token.
    pub async fn verify(&self, token: &str, now: Timestamp) -> Result<Identity, Error> {
        let refused = |refusal: Refusal| {
            tracing::debug!(reason = %refusal, "a token was refused");
            Error::Invalid
        };
        let token = Jws::parse(token).map_err(refused)?;
        if !self.has_signed(&token).await? {
            return Err(refused(Refusal::Signature));
        }
        self.expected.identity(token.payload(), now).map_err(refused)
    }

    /// Whether an accepted key signed the token.
    async fn has_signed(&self, token: &Jws<'_>) -> Result<bool, Error> {
        if token.algorithm() == Algorithm::Hs256 {
            return Ok(self.secrets.iter().any(|secret| secret.has_signed(token)));
        }
        if self.public_key.as_ref().is_some_and(|key| key.has_signed(token)) {
            return Ok(true);
        }
        match &self.jwks {
            Some(jwks) => Ok(jwks.key(token, Instant::now()).await?.is_some_and(|key| key.has_signed(token))),
            None => Ok(false),
        }
    }
}

#[cfg(test)]
mod tests;
