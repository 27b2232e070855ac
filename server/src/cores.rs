//! The CPU cores that this process may use.
//!
//! Owns how many of them reconnecting clients may occupy. Must not start anything.

use std::num::NonZero;
use std::thread::available_parallelism;

/// Half of the cores, rounded up: the others are left to the webhooks and events in progress.
pub fn half() -> usize {
    available_parallelism().map_or(1, NonZero::get).div_ceil(2)
}
