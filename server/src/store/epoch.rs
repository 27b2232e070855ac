//! The epoch: the identifier of one continuous history of the database.
//!
//! Owns the current epoch of this process, and those it has left. Must not decide when a new one begins: the stores do.

use std::collections::HashSet;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;
use serde::{Serialize, Serializer};
use tokio::sync::watch;

use super::{Error, Result};

/// Identifies one continuous history of the database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Epoch(Arc<Named>);

#[derive(Debug)]
struct Named {
    name: String,
    /// Its position in the order in which this process entered its epochs; 0 for none.
    place: u64,
}

impl Epoch {
    /// An epoch at this position in the order of entry.
    pub(crate) fn new(name: impl Into<String>, place: u64) -> Self {
        Self(Arc::new(Named { name: name.into(), place }))
    }

    /// The placeholder before the first epoch.
    pub(crate) fn none() -> Self {
        Self::new("", 0)
    }

    /// Whether this process was in this epoch before the other one. Events and numbers of an earlier epoch are meaningless.
    pub fn is_before(&self, other: &Self) -> bool {
        self.0.place < other.0.place
    }
}

impl Deref for Epoch {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0.name
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self)
    }
}

impl Serialize for Epoch {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl PartialEq for Epoch {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Epoch {}

/// The epochs that this process has been in.
#[derive(Debug)]
pub(in crate::store) struct Epochs {
    current: watch::Sender<Epoch>,
    left: Mutex<Left>,
}

/// The epochs that the process has left.
#[derive(Debug)]
struct Left {
    names: HashSet<String>,
    /// Connections to the database that are older than this may lead to a former history.
    at: Instant,
}

impl Default for Epochs {
    /// No epoch yet: the process enters the first one that it reads from the database.
    fn default() -> Self {
        Self::new("", 0)
    }
}

impl Epochs {
    /// The epoch of a store whose database only this process can replace.
    pub(in crate::store) fn of(name: String) -> Self {
        Self::new(name, 1)
    }

    fn new(name: impl Into<String>, place: u64) -> Self {
        let left = Left { names: HashSet::new(), at: Instant::now() };
        Self { current: watch::Sender::new(Epoch::new(name, place)), left: Mutex::new(left) }
    }

    /// The current epoch.
    pub(in crate::store) fn current(&self) -> Epoch {
        self.current.borrow().clone()
    }

    /// A receiver of the current epoch and each later one.
    pub(in crate::store) fn changes(&self) -> watch::Receiver<Epoch> {
        self.current.subscribe()
    }

    /// Whether this process was in an epoch and has since entered a later one.
    pub(in crate::store) fn has_left(&self, name: &str) -> bool {
        self.left.lock().names.contains(name)
    }

    /// Takes the epoch that was just read from the database. If it is not the current one, this process enters it. An epoch
    /// that the process has left is an error: the connection leads to a former history, such as that of a primary that was
    /// replaced.
    pub(in crate::store) fn read(&self, name: &str) -> Result<Epoch> {
        let current = self.current();
        if *current == *name {
            return Ok(current);
        }
        let mut left = self.left.lock();
        let current = self.current();
        if *current == *name {
            return Ok(current);
        }
        left.at = Instant::now();
        if left.names.contains(name) {
            return Err(Error::Unavailable(format!("a connection reaches a database of an earlier epoch, {name}")));
        }
        let Named { name: former, place } = &*current.0;
        if *place > 0 {
            left.names.insert(former.clone());
            tracing::warn!(
                former,
                epoch = name,
                "the database is in a new epoch: connected clients load everything again"
            );
        }
        let entered = Epoch::new(name, place + 1);
        self.current.send_replace(entered.clone());
        Ok(entered)
    }

    /// Marks the existing connections as outdated: each is replaced before it is used again.
    pub(in crate::store) fn renew_connections(&self) {
        self.left.lock().at = Instant::now();
    }

    /// Whether a connection made at this time may lead to a former history.
    pub(in crate::store) fn is_outdated(&self, made: Instant) -> bool {
        made < self.left.lock().at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_that_was_left_is_never_entered_again() {
        let epochs = Epochs::default();
        let mut changes = epochs.changes();
        let first = epochs.read("a").expect("entered");
        assert_eq!(epochs.read("a").expect("the same"), first);
        assert!(!epochs.has_left("a"));
        let made = Instant::now();
        let second = epochs.read("b").expect("entered");
        assert!(first.is_before(&second) && !second.is_before(&first) && epochs.has_left("a"));
        assert!(epochs.is_outdated(made) && !epochs.is_outdated(Instant::now()));
        assert!(epochs.read("a").is_err());
        assert_eq!((epochs.current(), changes.borrow_and_update().clone()), (second.clone(), second));
    }
}
