//! TCP connections, below HTTP.
//!
//! Owns who the peer is, how many connections there may be, and aborting one. Must not know what is sent over it.

pub mod abortable;
pub mod address;
pub mod connection_limiter;
pub mod descriptors;
pub mod peer;
