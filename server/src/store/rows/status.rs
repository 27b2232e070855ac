//! What became of a delivery, as it is stored.
//!
//! Owns the numbers that stand for it. Must not apply one.

use crate::store::{Error, Result};

/// Why a delivery will not be applied.
pub(in crate::store) const REMOVED: &str = "its connection was removed before it could be applied";

/// What became of a delivery, as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Status {
    /// It is applied, or there was nothing to do.
    Processed,
    /// It waits for its connection, or behind earlier ones of it.
    Waiting,
    /// It is not understood, wholly or in part.
    Quarantined,
    /// It is not this provider's shape.
    Rejected,
}

impl Status {
    /// The number that stands for it.
    pub(in crate::store) fn code(self) -> i64 {
        match self {
            Self::Processed => 0,
            Self::Waiting => 1,
            Self::Quarantined => 2,
            Self::Rejected => 3,
        }
    }

    /// What a number stands for.
    pub(in crate::store) fn read(code: i64) -> Result<Self> {
        [Self::Processed, Self::Waiting, Self::Quarantined, Self::Rejected]
            .into_iter()
            .find(|status| status.code() == code)
            .ok_or_else(|| Error::Corrupt(format!("{code} stands as a delivery's status")))
    }
}
