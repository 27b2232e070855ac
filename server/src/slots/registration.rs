//! One registration of this node.
//!
//! Owns how long its slots belong to this node, without asking the database. Must not know what happens when it lapses.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::counts::Counts;
use super::times::Times;
use crate::store::{self, NodeId, Slots};

/// The registration that is valid now; `None` while there is none.
pub(super) type Current = Mutex<Option<Arc<Registration>>>;

#[derive(Debug)]
pub(super) struct Registration {
    pub(super) id: NodeId,
    /// The slots that were taken under this registration.
    pub(super) counts: Counts,
    until: Mutex<Instant>,
    is_given_up: AtomicBool,
}

impl Registration {
    /// Registers this node; `None` if the store has only one node.
    pub(super) async fn begin(store: &(impl Slots + ?Sized), times: Times) -> store::Result<Option<Self>> {
        let until = Self::end(times);
        let id = store.register_node(times.lasts).await?;
        let begun =
            |id| Self { id, counts: Counts::default(), until: Mutex::new(until), is_given_up: AtomicBool::new(false) };
        Ok(id.map(begun))
    }

    /// When a registration that is requested now ends for this node. Counted from before the request, so it does not
    /// end earlier in the database.
    fn end(times: Times) -> Instant {
        Instant::now() + times.lasts.saturating_sub(times.margin)
    }

    /// Whether its slots belong to this node.
    pub(super) fn is_valid(&self) -> bool {
        !self.is_given_up.load(Ordering::Acquire) && Instant::now() < *self.until.lock()
    }

    /// Gives up the slots: no subscriber may join with one of them any more.
    pub(super) fn give_up(&self) {
        self.is_given_up.store(true, Ordering::Release);
    }

    /// Renews the registration until it has lapsed or may have.
    pub(super) async fn renew(&self, store: &(impl Slots + ?Sized), times: Times) {
        let mut is_failing = false;
        loop {
            let until = *self.until.lock();
            sleep_until(until.min(Instant::now() + times.every)).await;
            let end = Self::end(times);
            match timeout_at(until, store.renew_node(self.id, times.lasts)).await {
                Ok(Ok(true)) => {
                    *self.until.lock() = end;
                    if std::mem::take(&mut is_failing) {
                        tracing::info!("this node's registration is renewed again");
                    }
                }
                Ok(Ok(false)) | Err(_) => return,
                Ok(Err(error)) if is_failing => tracing::debug!(%error, "the registration still cannot be renewed"),
                Ok(Err(error)) => {
                    tracing::warn!(%error, "this node's registration cannot be renewed: without it, sockets are disconnected");
                    is_failing = true;
                }
            }
            if Instant::now() >= *self.until.lock() {
                return;
            }
        }
    }
}
