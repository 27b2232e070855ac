//! Keys that the host application publishes (`JWT_JWKS_URL`).
//!
//! Owns fetching, caching, and the bound on fetches that unknown key ids can cause: a token's `kid`
//! is the sender's choice. Must not decide what a key may sign.

use std::time::Duration;

use jiff::Timestamp;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey};
use tokio::sync::Mutex;

use super::Error;

/// How long the keys hold without being fetched again.
const FRESH_SECONDS: i64 = 600;
/// How long a failed fetch, or an unknown key id, waits for the next one.
const PAUSE_SECONDS: i64 = 30;
const TIMEOUT: Duration = Duration::from_secs(5);

pub(super) struct Jwks {
    url: String,
    client: reqwest::Client,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    keys: Option<JwkSet>,
    fetched: Option<Timestamp>,
    tried: Option<Timestamp>,
}

impl Jwks {
    pub(super) fn new(url: String) -> Self {
        Self { url, client: reqwest::Client::new(), state: Mutex::default() }
    }

    /// The key with this id, if it is one for this algorithm. Fetches where the keys are old, or
    /// where the id is unknown and the last try some time ago; keys that are held stay in use while
    /// the address does not answer.
    pub(super) async fn key(
        &self,
        kid: &str,
        algorithm: Algorithm,
        now: Timestamp,
    ) -> Result<Option<DecodingKey>, Error> {
        let mut state = self.state.lock().await;
        let age = |at: Option<Timestamp>| at.map_or(i64::MAX, |at| now.as_second() - at.as_second());
        let known = state.keys.as_ref().is_some_and(|keys| keys.find(kid).is_some());
        if (age(state.fetched) > FRESH_SECONDS || !known) && age(state.tried) > PAUSE_SECONDS {
            state.tried = Some(now);
            match self.fetch().await {
                Ok(keys) => {
                    state.keys = Some(keys);
                    state.fetched = Some(now);
                }
                Err(error) => tracing::warn!(%error, "the published keys could not be fetched"),
            }
        }
        let keys = state.keys.as_ref().ok_or_else(|| Error::Unavailable("no published keys are known".to_owned()))?;
        Ok(keys.find(kid).filter(|jwk| is_for(jwk, algorithm)).and_then(|jwk| DecodingKey::from_jwk(jwk).ok()))
    }

    async fn fetch(&self) -> Result<JwkSet, reqwest::Error> {
        self.client.get(&self.url).timeout(TIMEOUT).send().await?.error_for_status()?.json().await
    }
}

/// Whether a key is of the kind that the algorithm needs.
fn is_for(jwk: &Jwk, algorithm: Algorithm) -> bool {
    match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => algorithm == Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(key) => algorithm == Algorithm::ES256 && key.curve == EllipticCurve::P256,
        AlgorithmParameters::OctetKeyPair(_) => algorithm == Algorithm::EdDSA,
        _ => false,
    }
}
