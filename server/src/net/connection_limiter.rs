//! The limits on the number of connections: in all, and from one address.
//!
//! Owns the counts, which stay correct however a connection ends. Must not know which addresses are exempt.

use std::net::IpAddr;
use std::sync::Arc;

use dashmap::DashMap;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::address::limit_key;

/// Counts connections, in all and per address. A cheap handle.
#[derive(Clone)]
pub struct ConnectionLimiter {
    by_address: Arc<DashMap<IpAddr, u32>>,
    max_per_address: u32,
    free: Arc<Semaphore>,
    capacity: usize,
}

/// The permit of a connection. Dropping it returns it.
pub struct ConnectionPermit {
    _of_all: OwnedSemaphorePermit,
    of_address: Option<(Arc<DashMap<IpAddr, u32>>, IpAddr)>,
}

impl ConnectionLimiter {
    /// Allows `max_per_address` connections for each address, but no more than half of `capacity`, so that no address
    /// can take all of them.
    pub fn new(max_per_address: u32, capacity: u32) -> Self {
        let capacity = usize::try_from(capacity).unwrap_or(usize::MAX).clamp(1, Semaphore::MAX_PERMITS);
        let half = u32::try_from(capacity / 2).unwrap_or(u32::MAX).max(1);
        Self {
            by_address: Arc::default(),
            max_per_address: max_per_address.min(half),
            free: Arc::new(Semaphore::new(capacity)),
            capacity,
        }
    }

    /// Waits for a permit.
    pub async fn acquire(&self) -> ConnectionPermit {
        match Arc::clone(&self.free).acquire_owned().await {
            Ok(permit) => ConnectionPermit { _of_all: permit, of_address: None },
            // The semaphore is never closed.
            Err(_) => std::future::pending().await,
        }
    }

    /// Whether less than a quarter of the permits is left.
    pub fn is_crowded(&self) -> bool {
        self.free.available_permits() < self.capacity / 4
    }

    /// Counts a permit for an address; `None` if the address is at its limit.
    pub fn count(&self, mut permit: ConnectionPermit, address: IpAddr) -> Option<ConnectionPermit> {
        let key = limit_key(address);
        let mut held = self.by_address.entry(key).or_default();
        if *held >= self.max_per_address {
            return None;
        }
        *held += 1;
        drop(held);
        permit.of_address = Some((Arc::clone(&self.by_address), key));
        Some(permit)
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let Some((by_address, key)) = &self.of_address else { return };
        if let Some(mut held) = by_address.get_mut(key) {
            *held = held.saturating_sub(1);
        }
        by_address.remove_if(key, |_, held| *held == 0);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn take(limiter: &ConnectionLimiter, address: &str) -> Option<ConnectionPermit> {
        let permit = limiter.acquire().now_or_never()?;
        limiter.count(permit, address.parse().expect("an address"))
    }

    #[test]
    fn an_address_gets_a_permit_back_when_a_connection_has_closed() {
        let limiter = ConnectionLimiter::new(2, 100);
        let first = take(&limiter, "2001:db8::1").expect("a permit");
        let second = take(&limiter, "2001:db8::2").expect("a permit of the same subscriber");
        assert!(take(&limiter, "2001:db8::3").is_none());
        assert!(take(&limiter, "198.51.100.1").is_some());
        drop((first, second));
        assert!(take(&limiter, "2001:db8::3").is_some());
        assert!(limiter.by_address.is_empty(), "no entry is left");
        assert_eq!(limiter.free.available_permits(), 100, "also where an address was refused");
    }

    #[test]
    fn no_address_can_have_more_than_half_of_all_connections() {
        let limiter = ConnectionLimiter::new(4096, 8);
        let held: Vec<_> = (0..8).filter_map(|_| take(&limiter, "198.51.100.1")).collect();
        assert_eq!(held.len(), 4);
        assert!(!limiter.is_crowded());
        let others: Vec<_> = (0..8).filter_map(|_| take(&limiter, "198.51.100.2")).collect();
        assert_eq!(others.len(), 4);
        assert!(limiter.is_crowded() && limiter.acquire().now_or_never().is_none());
    }
}
