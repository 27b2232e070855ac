//! The common parts of the simulated APIs as HTTP servers.
//!
//! Owns listening, counting calls, faults and the recording of exchanges. Must not know a provider's paths or words.

mod call;
mod counts;
mod faults;
mod gate;
mod recorder;
mod server;

pub use counts::{CallCounts, Count};
pub use faults::{Fault, Faults, Rule};
pub use recorder::Recorder;

pub(crate) use call::{Call, bearer};
pub(crate) use gate::{Front, Gate, OverBudget, gated};
pub(crate) use server::Server;

/// A pause for `Retry-After`: seconds, rounded up.
pub(crate) fn whole_seconds(pause: std::time::Duration) -> u64 {
    pause.as_secs() + u64::from(pause.subsec_nanos() > 0)
}
