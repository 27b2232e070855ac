//! A limit with one counter per key.
//!
//! Owns counting calls on this node, and with the other nodes if they share the limit. Must not decide how much is
//! allowed.

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::shared::Shared;
use super::too_many::TooMany;
use crate::net::address::limit_key;

/// A limit; `None` if there is none.
pub(super) type Keyed<K> = Option<KeyedLimit<K>>;

pub(super) struct KeyedLimit<K: Hash + Eq + Clone> {
    /// Distinguishes the keys of this limit from those of others.
    name: &'static str,
    quota: Quota,
    limiter: DefaultKeyedRateLimiter<K>,
}

/// A limit of this many calls per minute, which may come in one burst.
pub(super) fn keyed<K: Hash + Eq + Clone>(name: &'static str, per_minute: Option<NonZeroU32>) -> Keyed<K> {
    per_minute.map(|limit| KeyedLimit::new(name, Quota::per_minute(limit)))
}

/// The same for calls that are expensive in a burst: a burst is ten seconds' worth, but at least a hundred calls.
pub(super) fn keyed_evenly<K: Hash + Eq + Clone>(name: &'static str, per_minute: Option<NonZeroU32>) -> Keyed<K> {
    per_minute.map(|limit| {
        let burst = NonZeroU32::new((limit.get() / 6).max(limit.get().min(100))).unwrap_or(limit);
        KeyedLimit::new(name, Quota::per_minute(limit).allow_burst(burst))
    })
}

impl<K: Hash + Eq + Clone> KeyedLimit<K> {
    fn new(name: &'static str, quota: Quota) -> Self {
        Self { name, quota, limiter: RateLimiter::keyed(quota) }
    }

    /// Counts a call on this node only.
    pub(super) fn check(&self, key: &K) -> Result<(), TooMany> {
        let wait = |until: governor::NotUntil<_>| until.wait_time_from(DefaultClock::default().now()).as_secs() + 1;
        self.limiter.check_key(key).map_err(|until| TooMany(wait(until)))
    }

    /// Counts a call together with those at other nodes, if there are any; `text` is the key as text.
    pub(super) async fn check_on_all(&self, key: &K, text: &str, shared: Option<&Shared>) -> Result<(), TooMany> {
        self.check(key)?;
        match shared {
            Some(shared) => shared.check(self.name, text, self.quota).await,
            None => Ok(()),
        }
    }
}

/// Counts a call from an address. Loopback is exempt: it is either a tool on this machine, or a proxy that is not
/// configured, whose clients would all share one limit.
pub(super) fn check_address(limit: &Keyed<IpAddr>, address: IpAddr) -> Result<(), TooMany> {
    match limit {
        Some(limit) if !address.is_loopback() => limit.check(&limit_key(address)),
        _ => Ok(()),
    }
}

pub(super) fn remove_recovered<K: Hash + Eq + Clone>(limit: &Keyed<K>) {
    if let Some(KeyedLimit { limiter, .. }) = limit {
        limiter.retain_recent();
        limiter.shrink_to_fit();
    }
}
