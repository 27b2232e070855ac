//! The measurements.
//!
//! Owns the list of scenarios. Must not share state between them: each starts its own server.

pub(crate) mod connect;
pub(crate) mod deaf;
pub(crate) mod history;
pub(crate) mod hostile;
pub(crate) mod latency;
pub(crate) mod memory;
pub(crate) mod nodes;
pub(crate) mod outage;
pub(crate) mod page;
pub(crate) mod reconnect;
pub(crate) mod replay;
pub(crate) mod size;
pub(crate) mod stalls;
pub(crate) mod sync;
pub(crate) mod throughput;
pub(crate) mod write_path;
