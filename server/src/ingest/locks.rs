//! One keyed lock for each connection whose backlog is being applied.
//!
//! Owns that only one task applies a connection's backlog, and that no entry is left when it stops. Must not apply
//! anything.

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;

/// A connector's id and the provider's id of the connection.
pub(super) type ConnectionKey = (String, String);

/// The locked connections, each with whether another task has asked for the lock meanwhile.
#[derive(Default)]
pub(super) struct KeyedLocks(DashMap<ConnectionKey, bool>);

/// The lock of a connection. Dropping it releases it.
pub(super) struct Lock<'a> {
    locks: &'a KeyedLocks,
    key: ConnectionKey,
    is_released: bool,
}

impl KeyedLocks {
    /// The lock, unless another task holds it. In that case the holder checks the backlog once more before it stops.
    pub(super) fn try_lock(&self, key: &ConnectionKey) -> Option<Lock<'_>> {
        match self.0.entry(key.clone()) {
            Entry::Occupied(mut more) => {
                *more.get_mut() = true;
                None
            }
            Entry::Vacant(free) => {
                free.insert(false);
                Some(Lock { locks: self, key: key.clone(), is_released: false })
            }
        }
    }
}

impl Lock<'_> {
    /// Releases the lock because the backlog is empty, unless another task has asked for it meanwhile. Returns whether
    /// it was released.
    pub(super) fn release_if_idle(&mut self) -> bool {
        if let Entry::Occupied(mut more) = self.locks.0.entry(self.key.clone()) {
            if std::mem::take(more.get_mut()) {
                return false;
            }
            more.remove();
        }
        self.is_released = true;
        true
    }
}

impl Drop for Lock<'_> {
    fn drop(&mut self) {
        if !self.is_released {
            self.locks.0.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_that_finds_the_lock_held_has_its_holder_look_once_more() {
        let locks = KeyedLocks::default();
        let key = ("basiq".to_owned(), "c1".to_owned());
        let mut lock = locks.try_lock(&key).expect("the first");
        assert!(locks.try_lock(&key).is_none() && locks.try_lock(&key).is_none());
        assert!(!lock.release_if_idle(), "more has come");
        assert!(lock.release_if_idle());
        assert!(locks.try_lock(&key).is_some(), "the next");
    }

    #[test]
    fn a_task_that_fails_releases_the_lock() {
        let locks = KeyedLocks::default();
        let key = ("basiq".to_owned(), "c1".to_owned());
        drop(locks.try_lock(&key));
        assert!(locks.try_lock(&key).is_some());
    }
}
