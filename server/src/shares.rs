//! A share of something for each of those who use it.
//!
//! Owns how many uses each may have at once, so that one who asks for much waits for itself and not others for it.
//! Must not know what is used.

use std::hash::Hash;
use std::sync::Arc;

use dashmap::DashMap;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The shares of all keys. A cheap handle.
pub struct Shares<K: Eq + Hash> {
    held: Arc<DashMap<K, Arc<Semaphore>>>,
    each: usize,
}

/// A use; it ends when this is dropped. Keys that nobody uses are not remembered.
pub struct Share<K: Eq + Hash> {
    held: Arc<DashMap<K, Arc<Semaphore>>>,
    key: K,
    permit: Option<OwnedSemaphorePermit>,
}

impl<K: Eq + Hash + Clone> Shares<K> {
    /// So many uses at once for each key.
    pub fn new(each: usize) -> Self {
        Self { held: Arc::default(), each }
    }

    /// A use, when the key has one free.
    pub async fn acquire(&self, key: &K) -> Share<K> {
        let semaphore = {
            let entry = self.held.entry(key.clone()).or_insert_with(|| Arc::new(Semaphore::new(self.each)));
            Arc::clone(&entry)
        };
        // From here on it is cleaned up, also where the caller does not wait to the end.
        let mut share = Share { held: Arc::clone(&self.held), key: key.clone(), permit: None };
        share.permit = semaphore.acquire_owned().await.ok();
        share
    }
}

impl<K: Eq + Hash> Drop for Share<K> {
    fn drop(&mut self) {
        drop(self.permit.take());
        self.held.remove_if(&self.key, |_, semaphore| Arc::strong_count(semaphore) == 1);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn one_who_asks_for_much_waits_and_others_do_not() {
        let shares = Shares::new(2);
        let (first, second) = (shares.acquire(&"alice").await, shares.acquire(&"alice").await);
        let mut third = Box::pin(shares.acquire(&"alice"));
        assert!(futures_util::poll!(&mut third).is_pending());
        assert!(shares.acquire(&"bob").now_or_never().is_some());
        drop(first);
        drop(third.await);
        drop(second);
        assert!(shares.held.is_empty(), "nobody is remembered");
    }

    #[tokio::test]
    async fn one_who_stops_waiting_leaves_nothing_behind() {
        let shares = Shares::new(1);
        let first = shares.acquire(&"alice").await;
        assert!(shares.acquire(&"alice").now_or_never().is_none());
        drop(first);
        assert!(shares.held.is_empty());
        assert!(shares.acquire(&"alice").now_or_never().is_some());
    }
}
