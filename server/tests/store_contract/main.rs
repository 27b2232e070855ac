//! What every store promises.
//!
//! Owns the promises ([`suite`] and its neighbours) and the stores that they are asked of, one file each. A new store
//! adds a file here and changes no promise.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(unreachable_pub, reason = "a test is no library")]

mod changes;
mod connection_state;
mod connects;
mod epoch;
mod harness;
mod interrupted;
mod layout;
mod provider_ids;
mod removed;
mod sqlite;
mod suite;
mod syncs;
