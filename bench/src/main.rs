//! `bench`: starts its own server and measures it.
//!
//! Owns the command line and the order of the scenarios. Must not measure: each scenario does.

#![forbid(unsafe_code)]

mod audience;
mod dial;
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
    connect, deaf, history, hostile, latency, memory, nodes, outage, page, reconnect, replay, size, stalls, sync,
    throughput, write_path,
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
    /// All of them with their defaults, but for write-path, history, stalls, sync, nodes and page
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
    /// Many clients that reconnect at the same moment, each with missed events
    Reconnect(reconnect::Options),
    /// Replay missed events to a client that signs in
    Replay(replay::Options),
    /// The latency of healthy clients beside some that never read
    Deaf(deaf::Options),
    /// Measure the cost of one unauthenticated client
    Hostile(hostile::Options),
    /// Measure the cost of an outage of the core app
    Outage(outage::Options),
    /// Measure the cost of a webhook, beside a Node.js service of the same kind
    WritePath(write_path::Options),
    /// Measure the cost of a webhook with a long history
    History(history::Options),
    /// The longest stalls at a fixed rate, and whether the disk explains them
    Stalls(stalls::Options),
    /// An hour of fetches from a simulated provider after its webhooks
    Sync(sync::Options),
    /// The same load on one, two and three nodes of one PostgreSQL database
    Nodes(nodes::Options),
    /// The dashboard's page and the start of the server with a long history
    Page(page::Options),
}

/// One thread, because the generator shares the machine with the server.
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
            reconnect::run(setup, &parse_defaults(), report).await?;
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
        Scenario::Reconnect(options) => reconnect::run(setup, &options, report).await,
        Scenario::Replay(options) => replay::run(setup, &options, report).await,
        Scenario::Deaf(options) => deaf::run(setup, &options, report).await,
        Scenario::Hostile(options) => hostile::run(setup, &options, report).await,
        Scenario::Outage(options) => outage::run(setup, &options, report).await,
        Scenario::WritePath(options) => write_path::run(setup, &options, report).await,
        Scenario::History(options) => history::run(setup, &options, report).await,
        Scenario::Stalls(options) => stalls::run(setup, &options, report).await,
        Scenario::Sync(options) => sync::run(setup, &options, report).await,
        Scenario::Nodes(options) => nodes::run(setup, &options, report).await,
        Scenario::Page(options) => page::run(setup, &options, report).await,
    }
}

/// A scenario's options with their defaults.
fn parse_defaults<O: clap::Args + clap::FromArgMatches>() -> O {
    let matches = O::augment_args(clap::Command::new("defaults")).get_matches_from(["defaults"]);
    O::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn every_scenario_can_be_asked_for() {
        for scenario in Cli::command().get_subcommands() {
            Cli::try_parse_from(["bench", scenario.get_name()]).unwrap_or_else(|error| error.exit());
        }
    }
}
