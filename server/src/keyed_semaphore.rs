//! A semaphore for each key.
//!
//! Owns how many permits a key may hold at once, so that a key with many requests delays only itself. Must not know the
//! purpose of the permits.

use std::hash::Hash;
use std::sync::Arc;

use dashmap::DashMap;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// One semaphore per key. A cheap handle.
pub struct KeyedSemaphore<K: Eq + Hash> {
    semaphores: Arc<DashMap<K, Arc<Semaphore>>>,
    per_key: usize,
}

/// A permit, which is released when dropped. Keys without permits take no memory.
pub struct KeyedPermit<K: Eq + Hash> {
    semaphores: Arc<DashMap<K, Arc<Semaphore>>>,
    key: K,
    permit: Option<OwnedSemaphorePermit>,
}

impl<K: Eq + Hash + Clone> KeyedSemaphore<K> {
    /// `per_key` permits for each key.
    pub fn new(per_key: usize) -> Self {
        Self { semaphores: Arc::default(), per_key }
    }

    /// Waits for a permit of the key.
    pub async fn acquire(&self, key: &K) -> KeyedPermit<K> {
        let of_key = {
            let entry = self.semaphores.entry(key.clone()).or_insert_with(|| Arc::new(Semaphore::new(self.per_key)));
            Arc::clone(&entry)
        };
        // Dropping this removes the key, even if the caller stops waiting.
        let mut permit = KeyedPermit { semaphores: Arc::clone(&self.semaphores), key: key.clone(), permit: None };
        permit.permit = of_key.acquire_owned().await.ok();
        permit
    }
}

impl<K: Eq + Hash> Drop for KeyedPermit<K> {
    fn drop(&mut self) {
        drop(self.permit.take());
        self.semaphores.remove_if(&self.key, |_, semaphore| Arc::strong_count(semaphore) == 1);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn a_key_without_a_free_permit_waits_and_other_keys_do_not() {
        let semaphore = KeyedSemaphore::new(2);
        let (first, second) = (semaphore.acquire(&"alice").await, semaphore.acquire(&"alice").await);
        let mut third = Box::pin(semaphore.acquire(&"alice"));
        assert!(futures_util::poll!(&mut third).is_pending());
        assert!(semaphore.acquire(&"bob").now_or_never().is_some());
        drop(first);
        drop(third.await);
        drop(second);
        assert!(semaphore.semaphores.is_empty(), "no entry is left");
    }

    #[tokio::test]
    async fn a_caller_that_stops_waiting_leaves_no_entry() {
        let semaphore = KeyedSemaphore::new(1);
        let first = semaphore.acquire(&"alice").await;
        assert!(semaphore.acquire(&"alice").now_or_never().is_none());
        drop(first);
        assert!(semaphore.semaphores.is_empty());
        assert!(semaphore.acquire(&"alice").now_or_never().is_some());
    }
}
