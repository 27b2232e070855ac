//! Numbers in PostgreSQL's types, which are all signed.
//!
//! Owns how unsigned numbers are written and read. Must not know a column.

use crate::store::{Error, Result};

/// Converts a number for writing.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Converts a number after reading.
pub(super) fn unsigned<T: TryFrom<i64>>(number: i64) -> Result<T> {
    T::try_from(number).map_err(|_| Error::Corrupt(format!("{number} is stored as a count")))
}
