//! The store's findings about its file.
//!
//! Owns that damage, once found, is not forgotten. Must not look for any.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::store::{Error, Result};

/// The state of the file, as far as it is known.
#[derive(Debug, Default)]
pub(super) struct Health {
    is_damaged: AtomicBool,
    is_tight: AtomicBool,
    is_log_to_be_finished: AtomicBool,
}

impl Health {
    /// Notes the result of a read or a write.
    pub(super) fn note<T>(&self, outcome: Result<T>) -> Result<T> {
        if let Err(Error::Damaged(detail)) = &outcome
            && !self.is_damaged.swap(true, Ordering::Relaxed)
        {
            tracing::error!(%detail, "the database file is damaged: restore a backup");
        }
        outcome
    }

    /// Fails if damage was found since the start.
    pub(super) fn check(&self) -> Result<()> {
        if self.is_damaged.load(Ordering::Relaxed) {
            return Err(Error::Damaged("damage was found earlier".to_owned()));
        }
        Ok(())
    }

    /// Notes that a commit failed: the disk may be full.
    pub(super) fn note_tightness(&self) {
        self.is_tight.store(true, Ordering::Relaxed);
    }

    /// Whether a commit has failed since the last call.
    pub(super) fn take_tightness(&self) -> bool {
        self.is_tight.swap(false, Ordering::Relaxed)
    }

    /// Notes that few pages of the log have not been moved, so that the writer can move them between two commits.
    pub(super) fn have_log_finished(&self) {
        self.is_log_to_be_finished.store(true, Ordering::Relaxed);
    }

    /// Whether the writer has to move the rest of the log; resets the flag.
    pub(super) fn take_log_to_finish(&self) -> bool {
        self.is_log_to_be_finished.swap(false, Ordering::Relaxed)
    }
}
