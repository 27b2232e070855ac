//! How many cores the machine has for this process.
//!
//! Owns the share of them that clients which come back at once may take. Must not start anything.

use std::num::NonZero;
use std::thread::available_parallelism;

/// Half of them, and one at least: the others are left to the webhooks and events that are under way.
pub fn half() -> usize {
    available_parallelism().map_or(1, NonZero::get).div_ceil(2)
}
