//! What the targets share: readings of the same text that are independent of the project's own.
//!
//! Owns those and nothing of a target. Must not call what it is there to check.

pub mod claims;
pub mod digits;
pub mod rig;
pub mod text;
pub mod webhook;
