//! Tokens of providers.
//!
//! Owns that a token is requested once while it is valid, however many calls wait for it. Must not know how it is
//! requested, nor store it on disk.

use std::sync::Arc;

use connectors::fetch::Token;
use dashmap::DashMap;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

/// A token and when it expires.
struct Held {
    value: Arc<str>,
    until: Timestamp,
}

/// The tokens of one provider, by name.
#[derive(Default)]
pub(super) struct Tokens(DashMap<String, Arc<Mutex<Option<Held>>>>);

impl Tokens {
    /// A valid token: the cached one, else the result of `get`.
    pub(super) async fn get<E, F>(&self, name: &str, now: Timestamp, get: impl FnOnce() -> F) -> Result<Arc<str>, E>
    where
        F: Future<Output = Result<Token, E>>,
    {
        let slot = Arc::clone(&self.0.entry(name.to_owned()).or_default());
        // Callers that wait here find the token that the first of them requested.
        let mut held = slot.lock().await;
        if let Some(held) = held.as_ref().filter(|held| held.until > now) {
            return Ok(Arc::clone(&held.value));
        }
        let token = get().await?;
        let lifetime = SignedDuration::try_from(token.lifetime).unwrap_or(SignedDuration::MAX);
        let until = now.saturating_add(lifetime).unwrap_or(Timestamp::MAX);
        let value: Arc<str> = token.value.into();
        *held = Some(Held { value: Arc::clone(&value), until });
        Ok(value)
    }

    /// Forgets a token that the provider has refused. A newer one is kept.
    pub(super) async fn forget(&self, name: &str, value: &str) {
        let Some(slot) = self.0.get(name).map(|slot| Arc::clone(&slot)) else { return };
        let mut held = slot.lock().await;
        if held.as_ref().is_some_and(|held| &*held.value == value) {
            *held = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_795_168_800 + seconds).expect("a time")
    }

    #[tokio::test]
    async fn a_token_is_asked_for_once_while_it_holds_and_again_once_it_was_refused() {
        let (tokens, asked) = (Tokens::default(), AtomicU32::new(0));
        let get = |now| {
            tokens.get("server", now, || async {
                let number = asked.fetch_add(1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                Ok::<_, ()>(Token { value: format!("token-{number}"), lifetime: Duration::from_secs(60) })
            })
        };
        let (one, other) = tokio::join!(get(at(0)), get(at(0)));
        assert_eq!((one.as_deref(), other.as_deref()), (Ok("token-0"), Ok("token-0")));
        assert_eq!(get(at(59)).await.as_deref(), Ok("token-0"));
        assert_eq!(get(at(60)).await.as_deref(), Ok("token-1"));
        tokens.forget("server", "token-0").await;
        assert_eq!(get(at(61)).await.as_deref(), Ok("token-1"), "a refusal of the former one changes nothing");
        tokens.forget("server", "token-1").await;
        assert_eq!(get(at(62)).await.as_deref(), Ok("token-2"));
    }
}
