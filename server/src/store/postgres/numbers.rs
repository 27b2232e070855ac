//! Numbers in PostgreSQL's types, which all have signs.
//!
//! Owns how numbers without a sign are written and read. Must not know a column.

use crate::store::{Error, Result};

/// A number as it is written.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A number as it was written.
pub(super) fn unsigned<T: TryFrom<i64>>(number: i64) -> Result<T> {
    T::try_from(number).map_err(|_| Error::Corrupt(format!("{number} stands as a count")))
}
