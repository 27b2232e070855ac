//! How long a lease is valid.
//!
//! Owns this node's knowledge of it, without asking the database. Must not renew a lease.

use tokio::sync::watch;
use tokio::time::Instant;

/// How long this node may do the work of a lease. The store rejects writes under a lost lease; work with other
/// effects has to check here, because a process that was frozen continues where it was.
#[derive(Clone, Debug)]
pub struct Validity(watch::Receiver<Instant>);

impl Validity {
    /// A validity that follows its sender.
    pub(super) fn following(until: watch::Receiver<Instant>) -> Self {
        Self(until)
    }

    /// A validity with a fixed end.
    pub fn until(end: Instant) -> Self {
        Self(watch::channel(end).1)
    }

    /// Whether the work may continue.
    pub fn is_valid(&self) -> bool {
        Instant::now() < *self.0.borrow()
    }
}
