//! Work that one node at a time does, as the rest of the server sees it.
//!
//! Owns the lease and its trait. Must not know which work there is, or when a lease is renewed.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::{Result, Store};

/// The right to do some work until it expires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The work.
    pub name: &'static str,
    /// Who has it: a different text for each start of a node.
    pub holder: String,
    /// The fencing token: higher than the previous holder's.
    pub token: i64,
}

/// Leases of several nodes. A store of one node grants that node every lease.
#[async_trait]
pub trait Leases: Send + Sync + 'static {
    /// Acquires a lease for a time; returns nothing if another holder has it. Expiry follows the database's clock, not a
    /// node's. A holder that acquires its lease again gets a higher token.
    async fn acquire_lease(&self, name: &'static str, holder: String, lasts: Duration) -> Result<Option<Lease>>;

    /// Extends a lease to this time from now. `false` if it has expired or another holder has it; then it can never be
    /// renewed.
    async fn renew_lease(&self, lease: Lease, lasts: Duration) -> Result<bool>;

    /// Ends a lease, so that other nodes can acquire it at once. Does nothing if another holder has it already.
    async fn release_lease(&self, lease: Lease) -> Result<()>;

    /// The same store, for work under a lease: once the lease is no longer valid, every write fails and changes nothing.
    fn under(self: Arc<Self>, lease: Lease) -> Arc<dyn Store>;
}
