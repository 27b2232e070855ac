//! The command line.
//!
//! Owns what a person types. Must not do the work: each command is a neighbour in `cli`.

#![forbid(unsafe_code)]

mod cli;

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;

/// How long work on threads of its own has when all else has ended.
const LAST_WORK: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let outcome =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(anyhow::Error::from).and_then(
            |runtime| {
                let outcome = runtime.block_on(cli.run());
                // What still runs on a thread of its own, a long read or a password, is nobody's any more.
                runtime.shutdown_timeout(LAST_WORK);
                outcome
            },
        );
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if cli::output::has_no_reader(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // Where nobody reads this either, there is nobody to tell.
            let _ = writeln!(std::io::stderr(), "tallywire: {error:#}");
            ExitCode::FAILURE
        }
    }
}
