//! The promises of every store.
//!
//! Owns the promises ([`suite`] and its neighbours) and the stores under test, one file each. A new store adds a file
//! here and changes no promise.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(unreachable_pub, reason = "a test is no library")]

#[macro_use]
mod promises;

mod at_once;
mod batches;
mod changes;
mod connection_state;
mod connects;
mod epoch;
mod failover;
mod fencing;
mod harness;
mod interrupted;
mod layout;
mod leases;
mod lock_order;
mod outbox;
mod pgbouncer;
mod postgres;
mod postgres_texts;
mod provider_ids;
mod rate_limits;
mod removed;
mod several_nodes;
mod slots;
mod slots_of_nodes;
mod sqlite;
mod suite;
mod syncs;
mod takeover;
mod users;
