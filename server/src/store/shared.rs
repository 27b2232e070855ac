//! What every unit of work needs to know about its store.
//!
//! Owns the epochs, whether changes are also sent to a core app, whether the end of a consent deletes transactions, and
//! whether a move or purge is unfinished. Must not hold anything that a commit can roll back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use ledger::Context;

use super::epoch::{Epoch, Epochs};
use super::rows::Scope;

/// What every unit of work needs to know about its store.
#[derive(Debug, Default)]
pub(in crate::store) struct Shared {
    /// The epochs of this database.
    pub(in crate::store) epochs: Arc<Epochs>,
    forwards: AtomicBool,
    purges_revoked: AtomicBool,
    has_moves: AtomicBool,
}

impl Shared {
    pub(in crate::store) fn new(epochs: Arc<Epochs>) -> Self {
        Self { epochs, ..Self::default() }
    }

    /// Whether transactions are also sent to a core app.
    pub(in crate::store) fn forwards(&self) -> bool {
        self.forwards.load(Ordering::Relaxed)
    }

    pub(in crate::store) fn set_forwards(&self, forwards: bool) {
        self.forwards.store(forwards, Ordering::Relaxed);
    }

    /// Whether a connection's transactions are deleted when its consent is withdrawn.
    pub(in crate::store) fn purges_revoked(&self) -> bool {
        self.purges_revoked.load(Ordering::Relaxed)
    }

    pub(in crate::store) fn set_purges_revoked(&self, purges: bool) {
        self.purges_revoked.store(purges, Ordering::Relaxed);
    }

    /// The ledger's context for changes at this place in the order of arrival.
    pub(in crate::store) fn context<'c>(
        &'c self,
        scope: &Scope<'c>,
        epoch: &'c Epoch,
        now: Timestamp,
        is_pushed: bool,
        arrival: i64,
    ) -> Context<'c> {
        Context {
            user_id: &scope.owner.user_id,
            connector: scope.connector,
            connection_id: &scope.connection.connection_id,
            epoch,
            now,
            arrived: scope.arrived,
            arrival,
            is_pushed,
            is_fetched: false,
            forwards: self.forwards(),
        }
    }

    /// Notes that, once this unit of work is committed, transactions remain to be moved or purged.
    pub(in crate::store) fn has_moves(&self) {
        self.has_moves.store(true, Ordering::Release);
    }

    /// Whether that was noted since the last call.
    pub(in crate::store) fn take_moves(&self) -> bool {
        self.has_moves.load(Ordering::Relaxed) && self.has_moves.swap(false, Ordering::AcqRel)
    }
}
