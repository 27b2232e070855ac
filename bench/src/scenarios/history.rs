//! The cost of a webhook with a long history.
//!
//! Owns the rounds, in which an empty and a filled store take turns, so that their ratio compares the same minutes.
//! Must not fill a store itself.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::fill::{Filling, MOST_PER_DELIVERY, fill};
use crate::full_load::{FullLoad, Loaded, full_load};
use crate::report::Report;
use crate::server::Server;
use crate::service::{Service, install_node_packages};
use crate::stats::Runs;
use crate::{Setup, population};

/// The pause after filling a store, in which the kernel writes its buffers to the disk.
const REST: Duration = Duration::from_secs(5);

/// The options.
#[derive(clap::Args)]
#[group(id = "history")]
pub(crate) struct Options {
    /// 100,000 transactions and one round of a few seconds
    #[arg(long)]
    quick: bool,
    /// Transactions that are stored already
    #[arg(long, default_value_t = 584_000, value_parser = clap::value_parser!(u32).range(1..=9_000_000))]
    transactions: u32,
    /// A filled store: written there where the file is missing, else used. It holds as many transactions of as many
    /// users as it was filled with: give the same numbers
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
    /// Transactions in each delivery that fills the store; with 1, as many deliveries are stored as transactions
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u16).range(1..=MOST_PER_DELIVERY as i64))]
    per_delivery: u16,
    /// Rounds; in each both stores are measured, and their order changes
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=20))]
    rounds: u16,
    /// Seconds of full load
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(2..=60))]
    seconds: u64,
    /// Kept-alive connections, each with one webhook in flight
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=1000))]
    concurrency: u16,
    /// Users, with one connection each
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u16).range(1..=5000))]
    users: u16,
    /// The Node service instead of Tallywire
    #[arg(long)]
    node: bool,
}

impl Options {
    fn filling(&self) -> Filling {
        Filling {
            transactions: if self.quick { 100_000 } else { self.transactions as usize },
            per_delivery: self.per_delivery.into(),
            users: self.users.into(),
        }
    }

    fn service(&self) -> Service {
        if self.node { Service::Node } else { Service::Tallywire }
    }

    fn load(&self, first: usize) -> FullLoad {
        let window = Duration::from_secs(if self.quick { 4 } else { self.seconds });
        FullLoad { callers: self.concurrency.into(), window, users: self.users.into(), first }
    }
}

/// Fills a store and compares it with an empty one.
pub(crate) async fn run(setup: &Setup, options: &Options, report: &mut Report) -> anyhow::Result<()> {
    if options.node {
        install_node_packages()?;
    }
    let stored = options.filling().transactions;
    println!("\nhistory: {}, {stored} transactions stored", options.service().name());
    let filled = filled(setup, options).await?;
    tokio::time::sleep(REST).await;
    let (mut empties, mut fulls, mut first) = (vec![], vec![], stored);
    for round in 0..if options.quick { 1 } else { options.rounds } {
        for is_empty in [round % 2 == 0, round % 2 != 0] {
            if is_empty {
                let server = Server::start_service(options.service(), setup, None).await?;
                population::register(&server, options.users.into()).await?;
                let loaded = full_load(&server, options.load(0)).await?;
                server.stop().await?;
                loaded.print("empty store");
                empties.push(loaded);
            } else {
                let load = options.load(first);
                let loaded = full_load(&filled, load).await?;
                first += load.requests();
                loaded.print(&format!("{stored} stored"));
                fulls.push(loaded);
            }
        }
    }
    let bytes = filled.finish(None).await?;
    println!("  {:<34} {:.0} MB at the end", "filled database", bytes as f64 / 1e6);
    tell(report, stored, &empties, &fulls);
    Ok(())
}

/// A server on a filled store.
async fn filled(setup: &Setup, options: &Options) -> anyhow::Result<Server> {
    if let Some(file) = options.store.as_deref().filter(|file| file.exists()) {
        return Server::start_service(options.service(), setup, Some(file)).await;
    }
    let server = Server::start_service(options.service(), setup, None).await?;
    population::register(&server, options.users.into()).await?;
    fill(&server, options.filling()).await?;
    let Some(file) = options.store.as_deref() else { return Ok(server) };
    keep(server, file).await?;
    Server::start_service(options.service(), setup, Some(file)).await
}

async fn keep(server: Server, file: &Path) -> anyhow::Result<()> {
    let bytes = server.finish(Some(file)).await?;
    println!("  {} holds it, {:.0} MB", file.display(), bytes as f64 / 1e6);
    Ok(())
}

fn tell(report: &mut Report, stored: usize, empties: &[Loaded], fulls: &[Loaded]) {
    let ratio = Runs::new(fulls.iter().zip(empties).map(|(full, empty)| full.rate / empty.rate));
    let runs = |runs: &[Loaded], figure: fn(&Loaded) -> f64| Runs::new(runs.iter().map(figure));
    let both = |figure: fn(&Loaded) -> f64| (runs(empties, figure), runs(fulls, figure));
    let (empty, full) = both(|loaded| loaded.rate);
    report.judge(
        format!("durable webhooks/s with {stored} transactions stored, ratio to an empty store"),
        format!("**{ratio}**: {full} and {empty}"),
        "≥ 0.9",
        ratio.median() >= 0.9,
    );
    let (empty, full) = both(|loaded| loaded.answer(0.99));
    report.judge("answer p99 at full load, empty store, ms", empty.to_string(), "≤ 15", empty.median() <= 15.0);
    let figure = format!("answer p99 at full load, {stored} stored, ms");
    report.judge(figure, full.to_string(), "≤ 20", full.median() <= 20.0);
    let (empty, full) = both(|loaded| loaded.frames);
    let figure = format!("log frames for each webhook, {stored} stored");
    report.judge(figure, format!("{full}; empty {empty}"), "≤ 4", full.median() <= 4.0);
    for (figure, of) in [
        ("KiB written for each webhook", (|loaded| loaded.written) as fn(&Loaded) -> f64),
        ("processor µs for each webhook", |loaded| loaded.cpu),
    ] {
        let (empty, full) = both(of);
        report.note(format!("{figure}, {stored} stored"), format!("{full}; empty {empty}"));
    }
}
