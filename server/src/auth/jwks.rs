//! Fetching the keys that the host application publishes (`JWT_JWKS_URL`).
//!
//! Owns fetching, caching, and the bound on fetches: a sender chooses the key id of its token, so tokens with unknown
//! key ids could cause any number of them. Must not decide which key a token refers to ([`super::key_set`] does), nor
//! delay a token whose key is known.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::RwLock;
use tokio::sync::Mutex;

use super::Error;
use super::jws::Jws;
use super::key::PublicKey;
use super::key_set::{KeySet, NotASet};
use crate::config::Secret;

/// How long fetched keys are fresh.
const FRESH: Duration = Duration::from_secs(600);
/// The pause between two fetches, after a failure or for an unknown key.
const PAUSE: Duration = Duration::from_secs(30);
const TIMEOUT: Duration = Duration::from_secs(5);
/// The largest accepted set. It has room for hundreds of keys.
const LARGEST: usize = 1024 * 1024;

/// The published keys. A cheap handle.
#[derive(Clone)]
pub(super) struct Jwks(Arc<Inner>);

struct Inner {
    /// The URL may contain credentials.
    url: Secret,
    client: reqwest::Client,
    known: RwLock<Known>,
    /// When the last fetch began. The lock allows one fetch at a time.
    fetching: Mutex<Option<Instant>>,
}

#[derive(Default)]
struct Known {
    keys: Option<KeySet>,
    fetched: Option<Instant>,
}

/// Why the keys could not be fetched.
#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error("{0}")]
    Http(reqwest::Error),
    #[error("the answer is larger than {LARGEST} bytes")]
    TooLarge,
    #[error("the answer is not a key set: {0}")]
    Unreadable(#[from] NotASet),
}

impl From<reqwest::Error> for FetchError {
    fn from(error: reqwest::Error) -> Self {
        // The URL may contain credentials.
        Self::Http(error.without_url())
    }
}

impl Jwks {
    pub(super) fn new(url: Secret) -> Self {
        // Keys come from the configured URL only: redirects are not followed.
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(TIMEOUT).build();
        let (known, fetching) = (RwLock::default(), Mutex::default());
        Self(Arc::new(Inner { url, client: client.unwrap_or_default(), known, fetching }))
    }

    /// The key that a token refers to. Cached keys stay in use while newer ones are fetched, or while the address does
    /// not answer. A token with an unknown key waits for a fetch, if one is allowed now.
    pub(super) async fn key(&self, token: &Jws<'_>, now: Instant) -> Result<Option<PublicKey>, Error> {
        let Inner { known, .. } = &*self.0;
        let is_fresh = known.read().fetched.is_some_and(|at| now.saturating_duration_since(at) < FRESH);
        if known.read().key(token).is_none() {
            self.refresh(now, |known| known.key(token).is_some()).await;
        } else if !is_fresh {
            let jwks = self.clone();
            tokio::spawn(async move { jwks.refresh(now, |_| true).await });
        }
        let known = known.read();
        if known.keys.is_none() {
            return Err(Error::Unavailable("no published keys are known".to_owned()));
        }
        Ok(known.key(token).cloned())
    }

    /// Fetches the keys, unless a recent fetch suffices.
    async fn refresh(&self, now: Instant, are_enough: impl Fn(&Known) -> bool) {
        let Inner { known, fetching, .. } = &*self.0;
        let mut begun = fetching.lock().await;
        let is_too_soon = begun.is_some_and(|at| now.saturating_duration_since(at) < PAUSE);
        let is_there_by_now = {
            let known = known.read();
            known.fetched.is_some_and(|at| at >= now) && are_enough(&known)
        };
        if is_too_soon || is_there_by_now {
            return;
        }
        *begun = Some(now);
        match self.fetch().await {
            Ok(keys) => {
                if keys.is_empty() {
                    tracing::warn!(ignored = keys.ignored(), "no published key can verify tokens");
                } else if keys.ignored() > 0 {
                    // Key sets often contain encryption keys too.
                    tracing::debug!(ignored = keys.ignored(), "some published keys cannot verify tokens");
                }
                *known.write() = Known { keys: Some(keys), fetched: Some(now) };
            }
            Err(error) => tracing::warn!(%error, "the published keys could not be fetched"),
        }
    }

    async fn fetch(&self) -> Result<KeySet, FetchError> {
        let mut response = self.0.client.get(self.0.url.expose()).send().await?.error_for_status()?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > LARGEST {
                return Err(FetchError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(KeySet::parse(&body)?)
    }
}

impl Known {
    fn key(&self, token: &Jws<'_>) -> Option<&PublicKey> {
        self.keys.as_ref()?.find(token)
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::get;
    use parking_lot::Mutex as Shared;

    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

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
                let header = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"EdDSA","kid":"{kid}"}}"#));
                let token = format!("{header}..");
                let token = Jws::parse(&token).expect("a token");
                let found = jwks.key(&token, start + Duration::from_secs(seconds)).await;
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
        // Stale keys stay in use while they are fetched again.
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
