//! Leases: work that one node at a time does.
//!
//! Owns when this node acquires, renews and releases leases, and that it stops a lease's work before another node may
//! start it. Must not know what the work is.

mod validity;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};

use crate::store::{Lease, Store};
pub use validity::Validity;

/// How long a stopping node waits for the database.
const RELEASE_LIMIT: Duration = Duration::from_secs(2);

/// How long leases last. Work moves to another node within the sum of both times.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// How long a lease lasts after it is acquired or renewed.
    pub lasts: Duration,
    /// How often a lease is renewed or, if another node has it, requested.
    pub every: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self { lasts: Duration::from_secs(20), every: Duration::from_secs(5) }
    }
}

/// The leases of this node.
pub struct LeaseHolder {
    store: Arc<dyn Store>,
    name: String,
    times: Times,
    held: Mutex<HashMap<&'static str, Lease>>,
}

impl LeaseHolder {
    /// `name` differs for each start of a node.
    pub fn new(store: Arc<dyn Store>, name: String, times: Times) -> Self {
        Self { store, name, times, held: Mutex::default() }
    }

    /// Does the work of a lease as long as this node has it, starting over each time it acquires the lease. When the
    /// lease lapses, the work is dropped. The work must write only to the store that it is given. Returns when the work
    /// ends without losing the lease.
    pub async fn hold<F: Future<Output = ()>>(
        &self,
        lease: &'static str,
        work: impl Fn(Arc<dyn Store>, Validity) -> F,
    ) {
        loop {
            let (held, until) = self.acquire(lease).await;
            tracing::debug!(lease, token = held.token, "a lease is acquired");
            let (until, following) = watch::channel(until);
            let store = Arc::clone(&self.store).under(held.clone());
            tokio::select! {
                () = work(store, Validity::following(following)) => return self.release(lease).await,
                () = self.renew(&held, &until) => tracing::warn!(lease, "a lease has lapsed: its work continues on another node"),
            }
            self.held.lock().remove(lease);
        }
    }

    /// Releases every lease of this node, so that other nodes can acquire it at once. The work must have been stopped.
    pub async fn release_all(&self) {
        let held: Vec<_> = self.held.lock().keys().copied().collect();
        let released = join_all(held.into_iter().map(|lease| self.release(lease)));
        if timeout(RELEASE_LIMIT, released).await.is_err() {
            tracing::warn!("leases could not be released in time: they will expire");
        }
    }

    async fn release(&self, lease: &'static str) {
        let Some(held) = self.held.lock().remove(lease) else { return };
        if let Err(error) = self.store.release_lease(held).await {
            tracing::warn!(lease, %error, "a lease could not be released: it will expire");
        }
    }

    /// Waits until this node has a lease; returns the lease and when it ends.
    async fn acquire(&self, lease: &'static str) -> (Lease, Instant) {
        loop {
            // Counted from before the request, so the lease in the database does not end earlier.
            let until = Instant::now() + self.times.lasts;
            match self.store.acquire_lease(lease, self.name.clone(), self.times.lasts).await {
                Ok(Some(held)) => {
                    self.held.lock().insert(lease, held.clone());
                    return (held, until);
                }
                Ok(None) => {}
                Err(error) => tracing::warn!(lease, %error, "a lease could not be requested"),
            }
            sleep(self.times.every).await;
        }
    }

    /// Renews a lease until it has lapsed or may have.
    async fn renew(&self, held: &Lease, until: &watch::Sender<Instant>) {
        loop {
            let end = *until.borrow();
            sleep_until(end.min(Instant::now() + self.times.every)).await;
            let asked = Instant::now();
            match timeout_at(end, self.store.renew_lease(held.clone(), self.times.lasts)).await {
                Ok(Ok(true)) => drop(until.send_replace(asked + self.times.lasts)),
                Ok(Ok(false)) | Err(_) => return,
                Ok(Err(error)) => tracing::warn!(lease = held.name, %error, "a lease could not be renewed"),
            }
            if Instant::now() >= *until.borrow() {
                return;
            }
        }
    }
}
