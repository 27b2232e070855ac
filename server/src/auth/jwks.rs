//! Keys that the host application publishes (`JWT_JWKS_URL`, RFC 7517).
//!
//! Owns fetching, caching, and the bound on fetches that unknown key ids can cause: a token's `kid`
//! is the sender's choice. Must not decide what a key may sign, nor keep anybody waiting whose key is
//! known.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm};
use jsonwebtoken::{Algorithm, DecodingKey};
use parking_lot::RwLock;
use tokio::sync::Mutex;

use super::Error;
use crate::config::Secret;

/// How long the keys hold without being fetched again.
const FRESH: Duration = Duration::from_secs(600);
/// How long a fetch for an unknown key id, or one that failed, waits for the next one.
const PAUSE: Duration = Duration::from_secs(30);
const TIMEOUT: Duration = Duration::from_secs(5);
/// The largest set: hundreds of keys.
const LARGEST: usize = 1024 * 1024;

/// The published keys. A cheap handle.
#[derive(Clone)]
pub(super) struct Jwks(Arc<Inner>);

struct Inner {
    /// There may be credentials in it.
    url: Secret,
    client: reqwest::Client,
    known: RwLock<Known>,
    /// One fetch at a time; when the last one was begun.
    fetching: Mutex<Option<Instant>>,
}

#[derive(Default)]
struct Known {
    keys: Option<JwkSet>,
    fetched: Option<Instant>,
}

/// Why the keys could not be fetched.
#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error("{0}")]
    Http(reqwest::Error),
    #[error("the answer is larger than {LARGEST} bytes")]
    TooLarge,
    #[error("the answer is no key set: {0}")]
    Unreadable(#[from] serde_json::Error),
}

impl From<reqwest::Error> for FetchError {
    fn from(error: reqwest::Error) -> Self {
        // The address may hold credentials.
        Self::Http(error.without_url())
    }
}

impl Jwks {
    pub(super) fn new(url: Secret) -> Self {
        // Keys come from the configured address and from nowhere that it points to.
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(TIMEOUT).build();
        let (known, fetching) = (RwLock::default(), Mutex::default());
        Self(Arc::new(Inner { url, client: client.unwrap_or_default(), known, fetching }))
    }

    /// The key with this id, if it is one for this algorithm. Keys that are held stay in use while newer ones
    /// are fetched, or the address does not answer; an unknown id waits for a fetch, if there is one.
    pub(super) async fn key(
        &self,
        kid: &str,
        algorithm: Algorithm,
        now: Instant,
    ) -> Result<Option<DecodingKey>, Error> {
        let Inner { known, .. } = &*self.0;
        let is_fresh = known.read().fetched.is_some_and(|at| now.saturating_duration_since(at) < FRESH);
        if !known.read().has(kid) {
            self.refresh(kid, now).await;
        } else if !is_fresh {
            let (jwks, kid) = (self.clone(), kid.to_owned());
            tokio::spawn(async move { jwks.refresh(&kid, now).await });
        }
        let known = known.read();
        let keys = known.keys.as_ref().ok_or_else(|| Error::Unavailable("no published keys are known".to_owned()))?;
        Ok(keys.find(kid).filter(|jwk| is_for(jwk, algorithm)).and_then(|jwk| DecodingKey::from_jwk(jwk).ok()))
    }

    /// Fetches the keys, unless somebody has just done so.
    async fn refresh(&self, kid: &str, now: Instant) {
        let Inner { known, fetching, .. } = &*self.0;
        let mut begun = fetching.lock().await;
        let is_too_soon = begun.is_some_and(|at| now.saturating_duration_since(at) < PAUSE);
        let is_there_by_now = known.read().has(kid) && known.read().fetched.is_some_and(|at| at >= now);
        if is_too_soon || is_there_by_now {
            return;
        }
        *begun = Some(now);
        match self.fetch().await {
            Ok(keys) => *known.write() = Known { keys: Some(keys), fetched: Some(now) },
            Err(error) => tracing::warn!(%error, "the published keys could not be fetched"),
        }
    }

    async fn fetch(&self) -> Result<JwkSet, FetchError> {
        let mut response = self.0.client.get(self.0.url.expose()).send().await?.error_for_status()?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > LARGEST {
                return Err(FetchError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(serde_json::from_slice(&body)?)
    }
}

impl Known {
    fn has(&self, kid: &str) -> bool {
        self.keys.as_ref().is_some_and(|keys| keys.find(kid).is_some())
    }
}

/// Whether a key is of the kind that the algorithm needs, and is not published for another.
fn is_for(jwk: &Jwk, algorithm: Algorithm) -> bool {
    let (kind, wanted) = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => (Algorithm::RS256, KeyAlgorithm::RS256),
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
            (Algorithm::ES256, KeyAlgorithm::ES256)
        }
        AlgorithmParameters::OctetKeyPair(_) => (Algorithm::EdDSA, KeyAlgorithm::EdDSA),
        _ => return false,
    };
    kind == algorithm && jwk.common.key_algorithm.is_none_or(|published| published == wanted)
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::get;
    use parking_lot::Mutex as Shared;

    use super::*;

    /// A key's public half, made for this test; no token is signed with it.
    fn jwk(kid: &str) -> serde_json::Value {
        serde_json::json!({ "kty": "OKP", "crv": "Ed25519", "kid": kid, "x": "DxNcBknZKQcmWLj0FevHaNtkIdrVMrJYLCzjWBpgB3I" })
    }

    #[tokio::test]
    async fn keys_are_fetched_when_they_are_old_and_for_an_unknown_id_now_and_then() {
        let published = Arc::new(Shared::new((vec!["a"], 0_u32)));
        let serving = Arc::clone(&published);
        let serve = move || {
            let mut published = serving.lock();
            published.1 += 1;
            let keys: Vec<_> = published.0.iter().map(|kid| jwk(kid)).collect();
            async move { axum::Json(serde_json::json!({ "keys": keys })) }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let jwks = Jwks::new(Secret::new(format!("http://{}/", listener.local_addr().expect("an address"))));
        tokio::spawn(async move { axum::serve(listener, Router::new().route("/", get(serve))).await });
        let start = Instant::now();
        let known = |kid: &'static str, seconds| {
            let jwks = jwks.clone();
            async move {
                let found = jwks.key(kid, Algorithm::EdDSA, start + Duration::from_secs(seconds)).await;
                found.expect("keys are known").is_some()
            }
        };
        let fetches = || published.lock().1;
        assert!(known("a", 0).await && known("a", 500).await);
        assert!(!known("b", 10).await, "the last fetch was a moment ago");
        assert_eq!(fetches(), 1);
        published.lock().0 = vec!["a", "b"];
        assert!(known("b", 31).await);
        assert_eq!(fetches(), 2);
        // Old keys serve while they are fetched again.
        assert!(known("a", 700).await);
        while fetches() < 3 {
            tokio::task::yield_now().await;
        }
        published.lock().0 = vec!["b"];
        while known("a", 2000).await {
            tokio::task::yield_now().await;
        }
    }
}
