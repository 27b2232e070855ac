//! Durable webhooks a second.
//!
//! Owns the load, the two reference figures and the check that every answered webhook is stored. Must not open a
//! socket.

use std::time::Duration;

use crate::load::{Outcome, Plan, Requests, closed_loop};
use crate::report::Report;
use crate::server::Server;
use crate::stats::millis;
use crate::webhook::Signer;
use crate::{Setup, disk, population};

const AIM: f64 = 5000.0;
const WARM_UP: Duration = Duration::from_secs(2);
/// Requests are signed beforehand, this many for each second; with a faster server, the run ends earlier.
const PRESIGNED_PER_SECOND: usize = 10_000;
/// How long each reference figure is measured.
const YARDSTICK: Duration = Duration::from_secs(3);

/// The options.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Kept-alive connections, each with one webhook in flight
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=1000))]
    concurrency: u16,
    /// Seconds that are measured
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..=60))]
    seconds: u64,
    /// Users, with one connection each
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u16).range(1..=5000))]
    users: u16,
}

/// Runs the load.
pub(crate) async fn run(setup: &Setup, options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let (callers, users) = (usize::from(options.concurrency), usize::from(options.users));
    let window = Duration::from_secs(options.seconds);
    println!("\nthroughput: {callers} callers for {} s, {users} users", options.seconds);
    let server = Server::start(setup).await?;
    population::register(&server, users).await?;
    let (addresses, servers) = (vec![server.address], vec![server.pid]);
    let plan = Plan { addresses, servers, callers, warm_up: WARM_UP, window };

    let request = format!("GET /health/live HTTP/1.1\r\nhost: {}\r\n\r\n", server.address);
    let short = Plan { warm_up: Duration::from_millis(500), window: YARDSTICK, ..plan.clone() };
    let plain = closed_loop(short, Requests::Same(request.into_bytes())).await?;
    let disk_before = disk::grouped_rate(server.folder(), callers, YARDSTICK)?;
    let signer = Signer::new(server.address)?;
    let deck = (0..PRESIGNED_PER_SECOND * (window + WARM_UP).as_secs() as usize)
        .map(|index| signer.request(index, index % users))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let outcome = closed_loop(plan, Requests::Deck(deck)).await?;
    let disk_after = disk::grouped_rate(server.folder(), callers, YARDSTICK)?;

    show("webhooks", &outcome);
    show("GET /health/live", &plain);
    println!("  disk alone, {callers} x 4 KiB a flush: {disk_before:.0}/s before, {disk_after:.0}/s after");
    let stored = population::stored_transactions(&server, users).await?;
    println!("  answered 200: {}, in the API: {stored}, other answers: {}", outcome.answered, outcome.refused);
    tell(report, &outcome, &plain, (disk_before + disk_after) / 2.0, stored);
    server.stop().await
}

fn show(name: &str, outcome: &Outcome) {
    outcome.times.print(name);
    println!(
        "  {:<34} {:.0}/s for {:.1} s; processor seconds: server {:.2}, generator {:.2}",
        "",
        outcome.rate,
        outcome.window.as_secs_f64(),
        outcome.server_cpu,
        outcome.own_cpu
    );
}

fn tell(report: &mut Report, outcome: &Outcome, plain: &Outcome, disk: f64, stored: usize) {
    report.judge("durable webhooks", format!("{:.0}/s", outcome.rate), "≥ 5000/s", outcome.rate >= AIM);
    let [p50, p99] = [0.5, 0.99].map(|share| millis(outcome.times.percentile(share)));
    report.note("their answers, p50 / p99", format!("{p50} / {p99}"));
    #[expect(clippy::cast_precision_loss, reason = "counts of a benchmark")]
    let each = outcome.server_cpu * 1e6 / outcome.times.len() as f64;
    report.note("server's processor time for each", format!("{each:.0} µs"));
    let difference = stored.abs_diff(outcome.answered);
    report.judge("answered 200 but not stored, or stored unanswered", difference.to_string(), "0", difference == 0);
    report.note(
        "as a share of GET /health/live at the same concurrency",
        format!("{:.0} % of {:.0}/s", 100.0 * outcome.rate / plain.rate, plain.rate),
    );
    report.note(
        "as a share of the disk alone, one flush for all callers",
        format!("{:.0} % of {disk:.0}/s", 100.0 * outcome.rate / disk),
    );
}
