//! Work that one node at a time does, as the rest of the server sees it.
//!
//! Owns the lease and its trait. Must not know which work there is, nor when a lease is renewed.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::{Result, Store};

/// The right to do some work until it expires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The work.
    pub name: &'static str,
    /// Who has it: another text for each start of a node.
    pub holder: String,
    /// The fencing token: higher than the previous holder's.
    pub token: i64,
}

/// Leases of several nodes. A store that one node alone has gives it every lease.
#[async_trait]
pub trait Leases: Send + Sync + 'static {
    /// Acquires a lease for a time; nothing where another holder has it. The database's clock counts, and not a node's. Whoever
    /// has it already acquires it again, with a higher token.
    async fn acquire_lease(&self, name: &'static str, holder: String, lasts: Duration) -> Result<Option<Lease>>;

    /// Has a lease last for a time from now on. `false`: it has expired or is another holder's, and stays so.
    async fn renew_lease(&self, lease: Lease, lasts: Duration) -> Result<bool>;

    /// Lets others acquire a lease at once; nothing where it is another holder's by now.
    async fn release_lease(&self, lease: Lease) -> Result<()>;

    /// The same store for the work of a lease: once the lease has lapsed, what is to be written fails and changes nothing.
    fn under(self: Arc<Self>, lease: Lease) -> Arc<dyn Store>;
}
