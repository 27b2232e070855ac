//! Tokens that this server signs in place of the host application.
//!
//! Owns their claims, which pass the same checks as the host application's. Must not decide who gets one.

use jiff::Timestamp;
use jsonwebtoken::{EncodingKey, Header};
use serde::Serialize;

use super::Identity;
use crate::config::{AuthConfig, Secret};

/// Signs with the first secret of `JWT_SECRET`.
pub struct TokenSigner<'a> {
    secret: &'a Secret,
    issuer: Option<&'a str>,
    audience: Option<&'a str>,
}

#[derive(Serialize)]
struct NewClaims<'a> {
    #[serde(rename = "userId")]
    user_id: &'a str,
    iat: i64,
    exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<&'a str>,
    #[serde(rename = "tallywire_session", skip_serializing_if = "Option::is_none")]
    session: Option<String>,
}

impl<'a> TokenSigner<'a> {
    /// The signer of a configuration; `None` if another system signs the tokens.
    pub fn new(config: &'a AuthConfig) -> Option<Self> {
        Some(Self {
            secret: config.jwt_secrets.first()?,
            issuer: config.jwt_issuers.first().map(String::as_str),
            audience: config.jwt_audiences.first().map(String::as_str),
        })
    }

    /// A token for a user: for the command line and tests.
    pub fn sign(&self, user_id: &str, now: Timestamp, seconds: i64) -> Result<String, jsonwebtoken::errors::Error> {
        self.encode(user_id, now, now.as_second() + seconds, None)
    }

    /// A token for a page whose socket is at another origin, to which the session cookie is not sent. It ends when the
    /// session expires or is ended. `None` if the identity did not come from a session.
    pub fn sign_for_page(&self, identity: &Identity, now: Timestamp) -> Option<String> {
        let session = hex::encode(identity.session?);
        self.encode(&identity.user_id, now, identity.expires_at.as_second(), Some(session)).ok()
    }

    fn encode(
        &self,
        user_id: &str,
        now: Timestamp,
        exp: i64,
        session: Option<String>,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let claims = NewClaims { user_id, iat: now.as_second(), exp, iss: self.issuer, aud: self.audience, session };
        let key = EncodingKey::from_secret(self.secret.expose().as_bytes());
        jsonwebtoken::encode(&Header::default(), &claims, &key)
    }
}
