//! How far a signed time may be from now.
//!
//! Owns the comparison. Must not know a clock: the time is passed in.

use jiff::Timestamp;

use crate::error::VerifyError;

/// Refuses a time, in seconds since 1970, that is more than `tolerance` seconds from now, in either direction.
pub(crate) fn check_time(seconds: i64, tolerance: i64, now: Timestamp) -> Result<(), VerifyError> {
    if now.as_second().abs_diff(seconds) > tolerance.unsigned_abs() { Err(VerifyError::Stale) } else { Ok(()) }
}
