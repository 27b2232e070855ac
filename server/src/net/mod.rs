//! TCP connections, below HTTP.
//!
//! Owns the peer's address, the number of connections, and aborting one. Must not know the protocol on top.

pub mod abortable;
pub mod address;
pub mod connection_limiter;
pub mod descriptors;
pub mod listener;
pub mod peer;
