//! Shared by the targets: readings of the same text that are independent of the project's own.
//!
//! Owns those readings and nothing of a target. Must not call the code that it checks.

pub mod claims;
pub mod digits;
pub mod rig;
pub mod text;
pub mod webhook;
