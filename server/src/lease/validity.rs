//! Until when a lease is valid.
//!
//! Owns what is known of it without asking the database. Must not renew it.

use tokio::sync::watch;
use tokio::time::Instant;

/// Until when this node may do the work of a lease. What others than the store see of it is asked for here: a node that was
/// frozen goes on in the middle.
#[derive(Clone, Debug)]
pub struct Validity(watch::Receiver<Instant>);

impl Validity {
    /// One that follows its sender.
    pub(super) fn following(until: watch::Receiver<Instant>) -> Self {
        Self(until)
    }

    /// One that ends for good.
    pub fn until(end: Instant) -> Self {
        Self(watch::channel(end).1)
    }

    /// Whether the work may go on.
    pub fn is_valid(&self) -> bool {
        Instant::now() < *self.0.borrow()
    }
}
