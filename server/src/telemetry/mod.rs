//! Logging and tracing.
//!
//! Owns the log's format, its rate limit, and the names of spans and fields. Must not decide what is worth a line.

mod log;
mod log_budget;
pub mod spans;

pub use log::start_log;
pub use log_budget::{LogBudget, Suppressed};
