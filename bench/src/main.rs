//! `bench`: starts a server of its own and measures it.
//!
//! Owns the command line and the order of the scenarios. Must not measure: each scenario does.

#![forbid(unsafe_code)]

mod audience;
mod disk;
mod fill;
mod flushes;
mod full_load;
mod http;
mod load;
mod population;
mod process;
mod report;
mod scenarios;
mod server;
mod service;
mod socket;
mod stats;
mod wal;
mod webhook;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use report::Report;
use scenarios::{
    connect, deaf, history, hostile, latency, memory, outage, replay, size, stalls, throughput, write_path,
};

/// Measures Tallywire on this machine: it starts a server, loads it over loopback and stops it.
#[derive(Parser)]
#[command(name = "bench")]
struct Cli {
    #[command(subcommand)]
    scenario: Option<Scenario>,
    #[command(flatten)]
    setup: Setup,
}

/// What every scenario needs to know.
#[derive(clap::Args)]
struct Setup {
    /// The server to measure [default: dist/tallywire, else the one built beside this program]
    #[arg(long, global = true)]
    server: Option<PathBuf>,
    /// Where the database is put for the time of a run; the disk behind it is measured too
    /// [default: the system's folder for temporary files]
    #[arg(long, global = true)]
    dir: Option<PathBuf>,
    /// A setting for the server, as NAME=VALUE; may be given several times
    #[arg(long = "env", global = true, value_name = "NAME=VALUE")]
    settings: Vec<String>,
}

impl Setup {
    /// The same with one more setting for the server.
    fn and(&self, setting: &str) -> Self {
        let settings = self.settings.iter().cloned().chain([setting.to_owned()]).collect();
        Self { server: self.server.clone(), dir: self.dir.clone(), settings }
    }
}

#[derive(Subcommand)]
enum Scenario {
    /// All of them with their defaults, but for write-path, history and stalls
    All,
    /// From a webhook to the event in connected clients
    Latency(latency::Options),
    /// Durable webhooks a second
    Throughput(throughput::Options),
    /// Resident memory for each idle signed-in socket
    Memory(memory::Options),
    /// The size of the dashboard's WebAssembly
    Size,
    /// Sockets connected and signed in a second
    Connect(connect::Options),
    /// What a client has missed, after it has signed in
    Replay(replay::Options),
    /// The latency of healthy clients beside some that never read
    Deaf(deaf::Options),
    /// What a stranger can make the server hold, compute and log
    Hostile(hostile::Options),
    /// What an outage of the core app costs
    Outage(outage::Options),
    /// What a webhook costs, beside a Node.js service of the same kind
    WritePath(write_path::Options),
    /// What it costs when much is stored already
    History(history::Options),
    /// The longest stalls at a fixed rate, and whether the disk explains them
    Stalls(stalls::Options),
}

/// One thread: the generator shares the machine with what it measures.
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let Cli { scenario, setup } = Cli::parse();
    let mut report = Report::default();
    let outcome = tokio::select! {
        outcome = run(scenario.unwrap_or(Scenario::All), &setup, &mut report) => outcome,
        _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("stopped")),
    };
    report.print();
    outcome
}

async fn run(scenario: Scenario, setup: &Setup, report: &mut Report) -> anyhow::Result<()> {
    match scenario {
        Scenario::All => {
            latency::run(setup, &parse_defaults(), report).await?;
            throughput::run(setup, &parse_defaults(), report).await?;
            connect::run(setup, &parse_defaults(), report).await?;
            replay::run(setup, &parse_defaults(), report).await?;
            deaf::run(setup, &parse_defaults(), report).await?;
            outage::run(setup, &parse_defaults(), report).await?;
            hostile::run(setup, &parse_defaults(), report).await?;
            memory::run(setup, &parse_defaults(), report).await?;
            size::run(report)
        }
        Scenario::Latency(options) => latency::run(setup, &options, report).await,
        Scenario::Throughput(options) => throughput::run(setup, &options, report).await,
        Scenario::Memory(options) => memory::run(setup, &options, report).await,
        Scenario::Size => size::run(report),
        Scenario::Connect(options) => connect::run(setup, &options, report).await,
        Scenario::Replay(options) => replay::run(setup, &options, report).await,
        Scenario::Deaf(options) => deaf::run(setup, &options, report).await,
        Scenario::Hostile(options) => hostile::run(setup, &options, report).await,
        Scenario::Outage(options) => outage::run(setup, &options, report).await,
        Scenario::WritePath(options) => write_path::run(setup, &options, report).await,
        Scenario::History(options) => history::run(setup, &options, report).await,
        Scenario::Stalls(options) => stalls::run(setup, &options, report).await,
    }
}

/// A scenario's options as they are where none is given.
fn parse_defaults<O: clap::Args + clap::FromArgMatches>() -> O {
    let matches = O::augment_args(clap::Command::new("defaults")).get_matches_from(["defaults"]);
    O::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}
