//! What every unit of work needs to know of its store.
//!
//! Owns the epoch, whether a core app is sent what changes, what the end of a consent means, and whether something is left to be moved. Must not hold
//! anything that a commit can roll back.

use std::sync::atomic::{AtomicBool, Ordering};

/// What every unit of work needs to know of its store.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// Names this database and its history.
    pub(super) epoch: String,
    forwards: AtomicBool,
    purges_revoked: AtomicBool,
    has_moves: AtomicBool,
}

impl Shared {
    pub(super) fn new(epoch: String) -> Self {
        Self { epoch, ..Self::default() }
    }

    /// Whether transactions go to a core app as well.
    pub(super) fn forwards(&self) -> bool {
        self.forwards.load(Ordering::Relaxed)
    }

    pub(super) fn set_forwards(&self, forwards: bool) {
        self.forwards.store(forwards, Ordering::Relaxed);
    }

    /// Whether a connection's transactions are deleted when its consent is taken back.
    pub(super) fn purges_revoked(&self) -> bool {
        self.purges_revoked.load(Ordering::Relaxed)
    }

    pub(super) fn set_purges_revoked(&self, purges: bool) {
        self.purges_revoked.store(purges, Ordering::Relaxed);
    }

    /// Transactions of a connection are to be moved or purged, once this unit of work is committed.
    pub(super) fn has_moves(&self) {
        self.has_moves.store(true, Ordering::Release);
    }

    /// Whether there are such, asked once.
    pub(super) fn take_moves(&self) -> bool {
        self.has_moves.load(Ordering::Relaxed) && self.has_moves.swap(false, Ordering::AcqRel)
    }
}
