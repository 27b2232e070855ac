//! Connections, below HTTP.
//!
//! Owns who is at the other end and the means to end it. Must not know what is said over it.

pub mod connection_limiter;
pub mod descriptors;
pub mod line;
pub mod peer;
