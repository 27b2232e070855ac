//! TCP connections, below HTTP.
//!
//! Owns the peer's address, how many connections there may be, and aborting one. Must not know the protocol over it.

pub mod abortable;
pub mod address;
pub mod connection_limiter;
pub mod descriptors;
pub mod peer;
