//! The stored status of a delivery.
//!
//! Owns the number of each status. Must not apply a delivery.

use crate::store::{Error, Result};

/// Why a delivery will not be applied.
pub(in crate::store) const REMOVED: &str = "its connection was removed before it could be applied";

/// The stored status of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Status {
    /// Applied, or there was nothing to do.
    Processed,
    /// Waits for its connection, or behind earlier deliveries of it.
    Waiting,
    /// Not understood, wholly or in part.
    Quarantined,
    /// Not in this provider's format.
    Rejected,
}

impl Status {
    /// The number that is stored.
    pub(in crate::store) fn code(self) -> i64 {
        match self {
            Self::Processed => 0,
            Self::Waiting => 1,
            Self::Quarantined => 2,
            Self::Rejected => 3,
        }
    }

    /// Reads a stored number.
    pub(in crate::store) fn read(code: i64) -> Result<Self> {
        [Self::Processed, Self::Waiting, Self::Quarantined, Self::Rejected]
            .into_iter()
            .find(|status| status.code() == code)
            .ok_or_else(|| Error::Corrupt(format!("{code} is stored as a delivery's status")))
    }
}
