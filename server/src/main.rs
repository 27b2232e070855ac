//! The command line.
//!
//! Owns the command line's entry. Must not do the work: each command is a neighbour in `cli`.

#![forbid(unsafe_code)]

mod cli;

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;

/// How long work on threads of its own has when all else has ended.
const LAST_WORK: Duration = Duration::from_secs(1);
/// How many tasks of its own a worker runs before it looks at those that other threads have woken: a commit wakes its webhooks and
/// its subscribers from the thread that writes, and these must not wait behind thousands of clients that come back.
const TURNS_BEFORE_OTHERS: u32 = 1;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if cli::output::has_no_reader(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // Where writing this fails as well, there is no way to report it.
            let _ = writeln!(std::io::stderr(), "tallywire: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: cli::Cli) -> anyhow::Result<()> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.global_queue_interval(TURNS_BEFORE_OTHERS).enable_all().build()?;
    let outcome = runtime.block_on(cli.run());
    // Work on a thread of its own, such as a long read or a password check, is abandoned.
    runtime.shutdown_timeout(LAST_WORK);
    outcome
}
