//! What the server tells of itself while it runs.
//!
//! Owns the log: its form, and how much of it there may be. Must not decide what is worth a line.

mod log;
mod log_budget;

pub use log::start_log;
pub use log_budget::{LogBudget, Suppressed};
