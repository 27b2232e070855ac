//! Keys for verifying webhooks that come from a provider or a registration, not from the configuration.
//!
//! Owns fetching them, keeping them over restarts, and how often an unauthenticated caller can cause a fetch: the name
//! of a key comes from a header of an unverified request. Must not verify anything.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use connectors::fetch::{Api as _, FetchError};
use connectors::{FetchedKey, KeyId, KeySource, Provider, Registry};
use dashmap::DashMap;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use jiff::{SignedDuration, Timestamp};

use super::apis::Apis;
use super::credentials::CredentialKeys;
use crate::clock::Clock;
use crate::store::{ProviderKey, Store};

/// How long a webhook waits for a key. After that it is answered 503, and the provider sends it again.
const PATIENCE: Duration = Duration::from_secs(2);
/// How many keys of one provider are fetched per minute: each invented name costs a call.
const A_MINUTE: NonZeroU32 = NonZeroU32::new(30).unwrap();
/// How many keys are kept in memory.
const MOST: usize = 10_000;

/// The outcome of looking for a key.
#[derive(Debug)]
pub enum Obtained {
    /// The key is known now.
    Known,
    /// The key with which the connection is registered at this moment. It is valid for one delivery only: another node
    /// may register the connection anew, or remove it.
    Registered(RegisteredKey),
    /// The provider publishes no key with that name.
    NotPublished,
    /// The key is not available now.
    NotNow,
}

/// A key with which a connection is registered.
pub struct RegisteredKey {
    id: KeyId,
    bytes: Vec<u8>,
}

impl fmt::Debug for RegisteredKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegisteredKey").field("id", &self.id).finish_non_exhaustive()
    }
}

impl KeySource for RegisteredKey {
    fn key(&self, id: &KeyId) -> Option<Vec<u8>> {
        (*id == self.id).then(|| self.bytes.clone())
    }
}

/// A key and when it expires.
struct Known {
    bytes: Vec<u8>,
    until: Timestamp,
}

/// The keys of all providers.
pub struct Keys {
    store: Arc<dyn Store>,
    registry: Arc<Registry>,
    apis: Arc<Apis>,
    credentials: CredentialKeys,
    clock: Clock,
    known: DashMap<KeyId, Known>,
    asked: DashMap<String, DefaultDirectRateLimiter>,
}

impl Keys {
    /// Creates the source, without any keys.
    pub fn new(
        store: Arc<dyn Store>,
        registry: Arc<Registry>,
        apis: Arc<Apis>,
        credentials: CredentialKeys,
        clock: Clock,
    ) -> Self {
        Self { store, registry, apis, credentials, clock, known: DashMap::new(), asked: DashMap::new() }
    }

    /// Loads the keys that were kept over a restart.
    pub async fn load(&self) -> crate::store::Result<()> {
        for key in self.store.provider_keys((self.clock)()).await? {
            let Some(provider) = self.registry.get(&key.provider) else { continue };
            let id = KeyId { provider: provider.description().id.to_owned().into(), name: key.name };
            let until = Timestamp::from_millisecond(key.until).unwrap_or(Timestamp::MIN);
            self.known.insert(id, Known { bytes: key.bytes, until });
        }
        Ok(())
    }

    /// Gets an unknown key within a bounded time.
    pub async fn obtain(&self, id: &KeyId) -> Obtained {
        let Some(provider) = self.registry.get(&id.provider) else { return Obtained::NotNow };
        let getting = async {
            match provider.key_credential() {
                Some(name) => self.registered(id, name).await,
                None => self.fetch(provider.as_ref(), id).await,
            }
        };
        tokio::time::timeout(PATIENCE, getting).await.unwrap_or_else(|_| {
            tracing::warn!(key = %id, "a key could not be obtained in time");
            Obtained::NotNow
        })
    }

    /// Reads a key with which a connection was registered.
    async fn registered(&self, id: &KeyId, name: &str) -> Obtained {
        let of = (&*id.provider, id.name.as_str());
        let sealed = match self.store.credentials(of.0.to_owned(), of.1.to_owned()).await {
            Ok(Some(sealed)) => sealed,
            Ok(None) => return Obtained::NotNow,
            Err(error) => {
                tracing::error!(%error, "a connection's credentials could not be read");
                return Obtained::NotNow;
            }
        };
        let secret = self.credentials.open(&sealed, of).map(|credentials| credentials.get(name).map(str::to_owned));
        let Ok(Some(secret)) = secret else { return Obtained::NotNow };
        Obtained::Registered(RegisteredKey { id: id.clone(), bytes: secret.into_bytes() })
    }

    /// Fetches a key that its provider publishes.
    async fn fetch(&self, provider: &dyn Provider, id: &KeyId) -> Obtained {
        let Some(request) = provider.key_request(id) else { return Obtained::NotNow };
        let Some(api) = self.apis.of(&id.provider) else { return Obtained::NotNow };
        let limiter = || RateLimiter::direct(Quota::per_minute(A_MINUTE));
        if self.asked.entry(id.provider.to_string()).or_insert_with(limiter).check().is_err() {
            tracing::warn!(key = %id, "too many unknown keys are named: none is fetched for now");
            return Obtained::NotNow;
        }
        let answer = match api.call(request).await {
            Ok(answer) => answer,
            Err(error) => {
                tracing::warn!(key = %id, %error, "a key could not be fetched");
                return Obtained::NotNow;
            }
        };
        match provider.read_key(id, answer) {
            Ok(key) => {
                self.take(key).await;
                Obtained::Known
            }
            Err(FetchError::Gone { .. }) => Obtained::NotPublished,
            Err(error) => {
                tracing::warn!(key = %id, %error, "a key could not be fetched");
                Obtained::NotNow
            }
        }
    }

    async fn take(&self, key: FetchedKey) {
        let FetchedKey { id, bytes, lifetime } = key;
        let until = self.keep(id.clone(), bytes.clone(), lifetime).as_millisecond();
        let kept = ProviderKey { provider: id.provider.into_owned(), name: id.name, bytes, until };
        // If it is not stored, the next start fetches it again.
        if let Err(error) = self.store.keep_provider_key(kept, (self.clock)()).await {
            tracing::warn!(%error, "a provider's key could not be stored");
        }
    }

    fn keep(&self, id: KeyId, bytes: Vec<u8>, lifetime: Duration) -> Timestamp {
        let now = (self.clock)();
        let lifetime = SignedDuration::try_from(lifetime).unwrap_or(SignedDuration::MAX);
        let until = now.saturating_add(lifetime).unwrap_or(Timestamp::MAX);
        if self.known.len() >= MOST {
            self.known.retain(|_, known| known.until > now);
        }
        self.known.insert(id, Known { bytes, until });
        until
    }
}

impl KeySource for Keys {
    fn key(&self, id: &KeyId) -> Option<Vec<u8>> {
        let known = self.known.get(id)?;
        (known.until > (self.clock)()).then(|| known.bytes.clone())
    }
}
