//! How many connections an address may have.
//!
//! Owns the count, which no way of ending a connection can leave wrong. Must not know whom it does not
//! apply to.

use std::net::IpAddr;
use std::sync::Arc;

use dashmap::DashMap;

use super::peer::holder;

/// The places of each address. A cheap handle.
#[derive(Clone)]
pub struct Places {
    held: Arc<DashMap<IpAddr, u32>>,
    most: u32,
}

/// A place; it is free again when this is dropped.
pub struct Place {
    held: Arc<DashMap<IpAddr, u32>>,
    holder: IpAddr,
}

impl Places {
    /// So many for each.
    pub fn new(most: u32) -> Self {
        Self { held: Arc::default(), most }
    }

    /// A place for a connection from an address, if one is free.
    pub fn take(&self, address: IpAddr) -> Option<Place> {
        let holder = holder(address);
        let mut held = self.held.entry(holder).or_default();
        if *held >= self.most {
            return None;
        }
        *held += 1;
        Some(Place { held: Arc::clone(&self.held), holder })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(mut held) = self.held.get_mut(&self.holder) {
            *held = held.saturating_sub(1);
        }
        self.held.remove_if(&self.holder, |_, held| *held == 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_when_its_connection_has_gone() {
        let places = Places::new(2);
        let address = |text: &str| text.parse::<IpAddr>().expect("an address");
        let first = places.take(address("2001:db8::1")).expect("a place");
        let second = places.take(address("2001:db8::2")).expect("a place of the same subscriber");
        assert!(places.take(address("2001:db8::3")).is_none());
        assert!(places.take(address("198.51.100.1")).is_some());
        drop((first, second));
        assert!(places.take(address("2001:db8::3")).is_some());
        assert!(places.held.is_empty(), "nobody is remembered");
    }
}
