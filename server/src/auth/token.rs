//! The host application's JWTs.
//!
//! Owns which algorithms and keys are accepted and whose token it is. Must not know sessions or
//! sockets; the clock is passed in.

use std::time::Instant;

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use super::jwks::Jwks;
use super::{Error, Identity};
use crate::config::{AuthConfig, Secret};

/// How far the two clocks may be apart.
pub const LEEWAY_SECONDS: i64 = 5;
/// A token is a few hundred bytes; what is far longer is not looked at.
const LONGEST_TOKEN: usize = 8192;

/// Checks tokens against the configured keys, and nothing else: the algorithm is pinned by the kind
/// of key, never by what a token's header says.
pub struct TokenVerifier {
    secrets: Vec<DecodingKey>,
    public_key: Option<(Algorithm, DecodingKey)>,
    jwks: Option<Jwks>,
}

/// A user id in a claim: Node services use numbers as well as texts.
#[derive(Deserialize)]
#[serde(untagged)]
enum UserId {
    Text(String),
    Number(u64),
}

impl From<UserId> for String {
    fn from(id: UserId) -> Self {
        match id {
            UserId::Text(text) => text,
            UserId::Number(number) => number.to_string(),
        }
    }
}

#[derive(Deserialize)]
struct Claims {
    #[serde(rename = "userId")]
    user_id: Option<UserId>,
    id: Option<UserId>,
    sub: Option<UserId>,
    /// Seconds; some libraries write fractions.
    exp: f64,
    nbf: Option<f64>,
    /// Of a token that this server made for one of its pages: the session's id, in hexadecimal.
    #[serde(rename = "tallywire_session")]
    session: Option<String>,
}

impl TokenVerifier {
    /// The verifier of a configuration that has been validated: a key that cannot be read is left out.
    pub fn new(config: &AuthConfig) -> Self {
        Self {
            secrets: config
                .jwt_secrets
                .iter()
                .map(|secret| DecodingKey::from_secret(secret.expose().as_bytes()))
                .collect(),
            public_key: config.jwt_public_key.as_deref().and_then(|pem| public_key(pem).ok()),
            jwks: config.jwt_jwks_url.clone().map(Jwks::new),
        }
    }

    /// Whose token it is.
    pub async fn verify(&self, token: &str, now: Timestamp) -> Result<Identity, Error> {
        if token.len() > LONGEST_TOKEN {
            return Err(Error::Invalid);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| Error::Invalid)?;
        let claims = match header.alg {
            Algorithm::HS256 => self.secrets.iter().find_map(|key| decode(token, key, Algorithm::HS256)),
            algorithm => match &self.public_key {
                Some((own, key)) if *own == algorithm => decode(token, key, algorithm),
                _ => None,
            },
        };
        let claims = match (claims, &self.jwks, header.kid) {
            (Some(claims), _, _) => Some(claims),
            (None, Some(jwks), Some(kid)) if is_asymmetric(header.alg) => {
                jwks.key(&kid, header.alg, Instant::now()).await?.and_then(|key| decode(token, &key, header.alg))
            }
            _ => None,
        };
        identity(claims.ok_or(Error::Invalid)?, now)
    }
}

/// The algorithms that a public key may verify.
fn is_asymmetric(algorithm: Algorithm) -> bool {
    matches!(algorithm, Algorithm::RS256 | Algorithm::ES256 | Algorithm::EdDSA)
}

fn decode(token: &str, key: &DecodingKey, algorithm: Algorithm) -> Option<Claims> {
    let mut validation = Validation::new(algorithm);
    // Times are checked below against the clock that is passed in.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation.set_required_spec_claims::<&str>(&[]);
    jsonwebtoken::decode::<Claims>(token, key, &validation).ok().map(|data| data.claims)
}

fn identity(claims: Claims, now: Timestamp) -> Result<Identity, Error> {
    #[expect(clippy::cast_precision_loss, reason = "seconds stay below 2^53")]
    let (now, leeway) = (now.as_second() as f64, LEEWAY_SECONDS as f64);
    if claims.exp + leeway <= now || claims.nbf.is_some_and(|nbf| nbf - leeway > now) {
        return Err(Error::Invalid);
    }
    let session = claims.session.map(|id| hex::decode(id).ok().and_then(|id| id.try_into().ok()).ok_or(Error::Invalid));
    let session = session.transpose()?;
    let user_id: String = claims.user_id.or(claims.id).or(claims.sub).ok_or(Error::Invalid)?.into();
    if user_id.is_empty() || user_id.len() > 200 {
        return Err(Error::Invalid);
    }
    #[expect(clippy::cast_possible_truncation, reason = "a float beyond the range saturates")]
    let expires_at = Timestamp::from_second(claims.exp as i64).unwrap_or(Timestamp::MAX);
    Ok(Identity { user_id, expires_at, session })
}

/// The key of a PEM and the one algorithm it is for.
pub fn public_key(pem: &str) -> Result<(Algorithm, DecodingKey), jsonwebtoken::errors::Error> {
    let bytes = pem.as_bytes();
    DecodingKey::from_rsa_pem(bytes)
        .map(|key| (Algorithm::RS256, key))
        .or_else(|_| DecodingKey::from_ec_pem(bytes).map(|key| (Algorithm::ES256, key)))
        .or_else(|_| DecodingKey::from_ed_pem(bytes).map(|key| (Algorithm::EdDSA, key)))
}

#[derive(Serialize)]
struct NewClaims<'a> {
    #[serde(rename = "userId")]
    user_id: &'a str,
    iat: i64,
    exp: i64,
    #[serde(rename = "tallywire_session", skip_serializing_if = "Option::is_none")]
    session: Option<String>,
}

/// A token for a user, as the host application would make it: for the command line, the demo and
/// tests.
pub fn sign(
    secret: &Secret,
    user_id: &str,
    now: Timestamp,
    seconds: i64,
) -> Result<String, jsonwebtoken::errors::Error> {
    let iat = now.as_second();
    encode(secret, &NewClaims { user_id, iat, exp: iat + seconds, session: None })
}

/// A token for a page whose socket is at another origin, where its session's cookie does not go. It ends
/// with the session, by itself or when that is ended. Nothing where it is no session's identity.
pub fn sign_for_page(secret: &Secret, identity: &Identity, now: Timestamp) -> Option<String> {
    let claims = NewClaims {
        user_id: &identity.user_id,
        iat: now.as_second(),
        exp: identity.expires_at.as_second(),
        session: Some(hex::encode(identity.session?)),
    };
    encode(secret, &claims).ok()
}

fn encode(secret: &Secret, claims: &NewClaims<'_>) -> Result<String, jsonwebtoken::errors::Error> {
    jsonwebtoken::encode(&Header::default(), claims, &EncodingKey::from_secret(secret.expose().as_bytes()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW: i64 = 1_714_391_300;

    fn config(secrets: &[&str]) -> AuthConfig {
        AuthConfig {
            jwt_secrets: secrets.iter().map(|secret| Secret::new(*secret)).collect(),
            jwt_public_key: None,
            jwt_jwks_url: None,
            service_secrets: vec![],
            session_lifetime: Duration::from_secs(1),
            admins: vec![],
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    fn token(claims: &serde_json::Value, algorithm: Algorithm, secret: &str) -> String {
        jsonwebtoken::encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(secret.as_bytes()))
            .expect("signed")
    }

    async fn verify(token: &str, secrets: &[&str], second: i64) -> Result<Identity, Error> {
        TokenVerifier::new(&config(secrets)).verify(token, at(second)).await
    }

    #[tokio::test]
    async fn the_user_is_the_first_of_three_claims() {
        for (claims, user) in [
            (serde_json::json!({"userId": "a", "id": "b", "sub": "c", "exp": NOW + 60}), "a"),
            (serde_json::json!({"id": 42, "sub": "c", "exp": NOW + 60}), "42"),
            (serde_json::json!({"sub": "c", "exp": NOW + 60}), "c"),
        ] {
            let identity = verify(&token(&claims, Algorithm::HS256, "s"), &["s"], NOW).await.expect("good");
            assert_eq!(identity.user_id, user);
        }
    }

    #[tokio::test]
    async fn a_token_holds_until_five_seconds_after_its_end() {
        let token = sign(&Secret::new("s"), "a", at(NOW), 60).expect("signed");
        assert!(verify(&token, &["s"], NOW + 64).await.is_ok());
        assert_eq!(verify(&token, &["s"], NOW + 65).await, Err(Error::Invalid));
    }

    #[tokio::test]
    async fn a_token_for_later_is_not_taken_before() {
        let claims = serde_json::json!({"sub": "a", "exp": NOW + 600, "nbf": NOW + 60});
        let token = token(&claims, Algorithm::HS256, "s");
        assert_eq!(verify(&token, &["s"], NOW).await, Err(Error::Invalid));
        assert!(verify(&token, &["s"], NOW + 55).await.is_ok());
    }

    #[tokio::test]
    async fn both_secrets_hold_while_one_replaces_the_other() {
        let token = sign(&Secret::new("old"), "a", at(NOW), 60).expect("signed");
        assert!(verify(&token, &["new", "old"], NOW).await.is_ok());
        assert_eq!(verify(&token, &["new"], NOW).await, Err(Error::Invalid));
    }

    #[tokio::test]
    async fn what_is_not_signed_as_configured_is_refused() {
        let claims = serde_json::json!({"sub": "a", "exp": NOW + 60});
        let unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJhIiwiZXhwIjo5OTk5OTk5OTk5fQ.";
        let other = token(&claims, Algorithm::HS512, "s");
        let endless = token(&serde_json::json!({"sub": "a"}), Algorithm::HS256, "s");
        let nobody = token(&serde_json::json!({"exp": NOW + 60}), Algorithm::HS256, "s");
        for bad in [unsigned, &other, &endless, &nobody, "", "a.b.c", &"x".repeat(10_000)] {
            assert_eq!(verify(bad, &["s"], NOW).await, Err(Error::Invalid), "{bad}");
        }
    }
}
