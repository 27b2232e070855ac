//! Timestamps as text.
//!
//! Owns the one format in which the server writes times. Must not read the clock if a caller could pass the time in.

use jiff::Timestamp;

/// RFC 3339 in UTC with milliseconds, for example `2026-11-22T21:07:30.042Z`.
pub fn rfc3339(at: Timestamp) -> String {
    format!("{at:.3}")
}

/// The same for milliseconds since 1970. A value out of range becomes the earliest timestamp.
pub fn rfc3339_of_millis(millis: i64) -> String {
    rfc3339(Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MIN))
}

/// Where the current time comes from; tests pass their own.
pub type Clock = std::sync::Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The machine's clock.
pub fn system() -> Clock {
    std::sync::Arc::new(Timestamp::now)
}
