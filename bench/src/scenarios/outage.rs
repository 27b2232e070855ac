//! The cost of an outage of the core app: memory for the outbox, and time for new webhooks.
//!
//! Owns the comparison with a server that has no core app. Must not have a core app that answers.

use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use crate::load::{Outcome, Plan, Requests, closed_loop};
use crate::report::Report;
use crate::server::Server;
use crate::stats::millis;
use crate::webhook::Signer;
use crate::{Setup, population, process};

/// The limit of additional memory: waiting calls are on the disk.
const AIM_KIB: u64 = 16 * 1024;
const USERS: usize = 200;
const CALLERS: usize = 64;
/// Requests are signed beforehand, this many for each second; with a faster server, the run ends earlier.
const PRESIGNED_PER_SECOND: usize = 10_000;

/// The options.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Seconds of webhooks
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=60))]
    seconds: u64,
}

struct Run {
    outcome: Outcome,
    /// The growth of the resident memory in KiB.
    grown: u64,
}

/// Runs the same load without a core app, and with one that is down.
pub(crate) async fn run(setup: &Setup, options: &Options, report: &mut Report) -> anyhow::Result<()> {
    println!("\noutage: {CALLERS} callers for {} s, without a core app and with one that is down", options.seconds);
    let without = one(setup, options).await?;
    // A port on which no process listens.
    let away = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
    let during = one(&setup.and(&format!("CORE_APP_URL=http://{away}")), options).await?;
    for (name, run) in [("without a core app", &without), ("during its outage", &during)] {
        run.outcome.times.print(name);
        println!("  {:<34} {:.0}/s; resident memory grew by {} KiB", "", run.outcome.rate, run.grown);
    }
    let more = during.grown.saturating_sub(without.grown);
    report.judge(
        format!("memory for {} transactions that wait for the core app", during.outcome.answered),
        format!("{more} KiB more than without one"),
        "≤ 16 MiB",
        more <= AIM_KIB,
    );
    let p50 = |run: &Run| millis(run.outcome.times.percentile(0.5));
    report.note("webhooks during an outage / without a core app, p50", format!("{} / {}", p50(&during), p50(&without)));
    report.note(
        "their rate, as a share of that without a core app",
        format!("{:.0} %", 100.0 * during.outcome.rate / without.outcome.rate),
    );
    Ok(())
}

async fn one(setup: &Setup, options: &Options) -> anyhow::Result<Run> {
    let server = Server::start(setup).await?;
    population::register(&server, USERS).await?;
    let (window, warm_up) = (Duration::from_secs(options.seconds), Duration::from_secs(1));
    let (addresses, servers) = (vec![server.address], vec![server.pid]);
    let plan = Plan { addresses, servers, callers: CALLERS, warm_up, window };
    let signer = Signer::new(server.address)?;
    let deck = (0..PRESIGNED_PER_SECOND * usize::try_from(options.seconds + 1)?)
        .map(|index| signer.request(index, index % USERS))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let before = process::memory(server.pid)?.resident;
    let outcome = closed_loop(plan, Requests::Deck(deck)).await?;
    let grown = process::memory(server.pid)?.resident.saturating_sub(before);
    server.stop().await?;
    Ok(Run { outcome, grown })
}
