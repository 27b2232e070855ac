//! Tests of the promise under faults: deliveries arrive for ten users with connected clients while something fails.
//!
//! Whatever fails, in the end every delivery that was answered 200 is in the store once, every client has exactly its
//! user's events 1..n in order, and the core app has each transaction in its final state.

mod clock;
mod core_app;
mod cut;
mod disk;
pub(crate) mod drive;
mod killed;
mod locked;
mod process;
pub(crate) mod provider;
mod reader;

pub(crate) use drive::seed;
pub(crate) use process::ServerProcess;
