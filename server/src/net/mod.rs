//! Connections, below HTTP.
//!
//! Owns who is at the other end and the means to end it. Must not know what is said over it.

pub mod line;
pub mod peer;
pub mod places;
