//! The command line.
//!
//! Owns the entry point. Must not do the work: each command is a module of `cli`.

#![forbid(unsafe_code)]

mod cli;

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;

/// How long blocking work may continue after everything else has ended.
const LAST_WORK: Duration = Duration::from_secs(1);
/// How many of its own tasks a worker runs before it looks at tasks that other threads have woken. A commit wakes its
/// webhooks and subscribers from the writer thread, and these must not wait behind thousands of reconnecting clients.
const TURNS_BEFORE_OTHERS: u32 = 1;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if cli::output::has_no_reader(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // If writing this fails as well, there is no way to report it.
            let _ = writeln!(std::io::stderr(), "tallywire: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: cli::Cli) -> anyhow::Result<()> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.global_queue_interval(TURNS_BEFORE_OTHERS).enable_all().build()?;
    let outcome = runtime.block_on(cli.run());
    // Blocking work, such as a long read or a password check, is abandoned.
    runtime.shutdown_timeout(LAST_WORK);
    outcome
}
