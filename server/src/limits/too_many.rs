//! The refusal of a call beyond a limit.
//!
//! Owns when the caller may retry. Must not know which limit it is.

/// A limit was exceeded; the caller may retry after this many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany(pub u64);
