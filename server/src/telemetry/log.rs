//! The process's log.
//!
//! Owns its format, its destination and what must never be in it. Must be started only once.

use std::io::IsTerminal as _;

use tracing::Level;
use tracing_subscriber::filter::{FilterExt as _, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use super::log_budget::{LogBudget, Suppressed};

/// At levels below warning, these crates log what clients send, including tokens: those levels are off, whatever
/// RUST_LOG says.
const LOG_SECRETS: [&str; 4] = ["socketioxide", "engineioxide", "tungstenite", "tokio_tungstenite"];

/// Without RUST_LOG. Each start would log PostgreSQL's notices of tables that exist already.
const DEFAULT_FILTER: &str = "info,sqlx::postgres::notice=warn";

/// Starts the log on standard error, as text or JSON. Suppressed lines are counted.
pub fn start_log(json: bool) -> Suppressed {
    let asked = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    let (budget, suppressed) = LogBudget::new();
    let filter = asked.and(filter_fn(|of| *of.level() <= Level::WARN || !logs_secrets(of.target()))).and(budget);
    // A write error would be printed to standard error, which is what failed, and so cause a panic.
    let log = tracing_subscriber::fmt::layer().log_internal_errors(false);
    let log = log.with_ansi(std::io::stderr().is_terminal()).with_writer(std::io::stderr);
    if json {
        tracing_subscriber::registry().with(log.json().with_filter(filter)).init();
    } else {
        tracing_subscriber::registry().with(log.with_filter(filter)).init();
    }
    suppressed
}

fn logs_secrets(target: &str) -> bool {
    LOG_SECRETS.contains(&target.split("::").next().unwrap_or_default())
}
