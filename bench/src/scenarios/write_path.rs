//! The cost of a webhook, compared with the Node service.
//!
//! Owns the rounds, in which both services take turns, and the ratios of each round. Must not compare figures of
//! different rounds, because a machine's speed varies over time.

use std::time::Duration;

use super::connect::OTHER_FILES;
use super::latency;
use crate::audience::Audience;
use crate::full_load::{FullLoad, Loaded, full_load};
use crate::report::Report;
use crate::server::Server;
use crate::service::{Service, install_node_packages};
use crate::stats::Runs;
use crate::{Setup, population, process};

/// The options.
#[derive(clap::Args)]
#[group(id = "write_path")]
pub(crate) struct Options {
    /// One round of a few seconds
    #[arg(long)]
    quick: bool,
    /// Rounds; in each both services are measured, and their order changes
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=20))]
    rounds: u16,
    /// Seconds at full load, without sockets and again with them
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(2..=60))]
    seconds: u64,
    /// Seconds at a fixed rate
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(2..=200))]
    latency_seconds: u32,
    /// Webhooks a second at the fixed rate
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=5000))]
    rate: u32,
    /// Kept-alive connections, each with one webhook in flight, at full load
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=1000))]
    concurrency: u16,
    /// Users, with one connection each
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u16).range(1..=5000))]
    users: u16,
    /// Signed-in sockets of each user at full load
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=10))]
    sockets_per_user: u16,
    /// Only Tallywire
    #[arg(long)]
    alone: bool,
}

/// One service in one round.
struct Round {
    without: Loaded,
    with: Loaded,
    /// Milliseconds until the last and the first of a user's clients had the event.
    last: f64,
    first: f64,
    /// Bytes on the disk for each stored transaction.
    disk: f64,
}

impl Options {
    fn rounds(&self) -> u16 {
        if self.quick { 1 } else { self.rounds }
    }

    fn window(&self) -> Duration {
        Duration::from_secs(if self.quick { 4 } else { self.seconds })
    }

    fn sockets(&self) -> usize {
        usize::from(self.users) * usize::from(self.sockets_per_user)
    }

    fn services(&self, round: u16) -> &'static [Service] {
        match (self.alone, round % 2) {
            (true, _) => &[Service::Tallywire],
            (false, 0) => &[Service::Tallywire, Service::Node],
            (false, _) => &[Service::Node, Service::Tallywire],
        }
    }
}

/// Runs all rounds.
pub(crate) async fn run(setup: &Setup, options: &Options, report: &mut Report) -> anyhow::Result<()> {
    process::require_open_files(options.sockets() + OTHER_FILES)?;
    if !options.alone {
        install_node_packages()?;
    }
    let (mut ours, mut theirs) = (vec![], vec![]);
    for round in 0..options.rounds() {
        for &service in options.services(round) {
            println!("\nwrite-path: round {} of {}, {}", round + 1, options.rounds(), service.name());
            let measured = measure(service, setup, options).await?;
            if service == Service::Tallywire { ours.push(measured) } else { theirs.push(measured) }
        }
    }
    tell(report, options, &ours, &theirs);
    Ok(())
}

async fn measure(service: Service, setup: &Setup, options: &Options) -> anyhow::Result<Round> {
    let users = usize::from(options.users);
    let server = Server::start_service(service, setup, None).await?;
    population::register(&server, users).await?;
    let load = FullLoad { callers: options.concurrency.into(), window: options.window(), users, first: 0 };
    let without = full_load(&server, load).await?;
    without.print("without sockets");
    let mut audience = Audience::open(&server, users, options.sockets_per_user.into()).await?;
    let with = full_load(&server, FullLoad { first: load.requests(), ..load }).await?;
    with.print(&format!("with {} sockets", options.sockets()));
    let expected = with.answered * usize::from(options.sockets_per_user);
    let heard = audience.wait_for(expected).await?;
    anyhow::ensure!(heard == expected, "{heard} events came of {expected}");
    drop(audience);
    #[expect(clippy::cast_precision_loss, reason = "sizes and counts of a benchmark")]
    let disk = server.finish(None).await? as f64 / (without.answered + with.answered) as f64;
    println!("  {:<34} {disk:.0} bytes for each stored transaction", "database after a checkpoint");

    let server = Server::start_service(service, setup, None).await?;
    let seconds = if options.quick { 8 } else { options.latency_seconds };
    let (latency, _) = latency::measure(&server, &latency::Options::at_rate(options.rate, seconds)).await?;
    server.stop().await?;
    anyhow::ensure!(latency.lost + latency.twice == 0, "{} events lost, {} twice", latency.lost, latency.twice);
    let [last, first] = [&latency.last, &latency.first].map(|times| times.percentile(0.99).as_secs_f64() * 1000.0);
    Ok(Round { without, with, last, first, disk })
}

fn tell(report: &mut Report, options: &Options, ours: &[Round], theirs: &[Round]) {
    let runs = |rounds: &[Round], figure: fn(&Round) -> f64| Runs::new(rounds.iter().map(figure));
    let sockets = options.sockets();
    let rate = format!("durable webhooks/s with {sockets} sockets");
    compare(report, &rate, "≥ 3 × Node", ours, theirs, |round| round.with.rate, |ratio| ratio >= 3.0);
    let event = format!("event p99 at {}/s in a user's last client, ms", options.rate);
    compare(report, &event, "≤ 0.33 × Node", ours, theirs, |round| round.last, |ratio| ratio <= 0.33);
    let event = format!("event p99 at {}/s in a user's first client, ms", options.rate);
    compare(report, &event, "", ours, theirs, |round| round.first, |_| true);
    for (figure, aim, of) in [
        ("processor µs for each webhook, without sockets", 70.0, (|round| round.without.cpu) as fn(&Round) -> f64),
        ("processor µs for each webhook, with them", 85.0, |round| round.with.cpu),
        ("bytes on the disk for each transaction, with its event and delivery", 1536.0, |round| round.disk),
        ("answer p99 at full load without sockets, ms", 15.0, |round| round.without.answer(0.99)),
        ("answer p99 at full load with them, ms", 15.0, |round| round.with.answer(0.99)),
    ] {
        let (own, other) = (runs(ours, of), runs(theirs, of));
        report.judge(figure, format!("{own}{}", beside(&other)), &format!("≤ {aim}"), own.median() <= aim);
    }
    for (figure, of) in [
        ("durable webhooks/s without sockets", (|round| round.without.rate) as fn(&Round) -> f64),
        ("log frames for each webhook, empty store", |round| round.without.frames),
        ("KiB written for each webhook, empty store", |round| round.without.written),
    ] {
        report.note(figure, format!("{}{}", runs(ours, of), beside(&runs(theirs, of))));
    }
}

/// A figure with its ratio to the Node service's figure of the same round.
fn compare(
    report: &mut Report,
    figure: &str,
    aim: &str,
    ours: &[Round],
    theirs: &[Round],
    of: fn(&Round) -> f64,
    is_reached: fn(f64) -> bool,
) {
    let own = Runs::new(ours.iter().map(of));
    if theirs.is_empty() {
        return report.note(figure, own.to_string());
    }
    let ratio = Runs::new(ours.iter().zip(theirs).map(|(own, other)| of(own) / of(other)));
    let measured = format!("**{ratio}** × Node: {own}{}", beside(&Runs::new(theirs.iter().map(of))));
    if aim.is_empty() {
        report.note(figure, measured);
    } else {
        report.judge(figure, measured, aim, is_reached(ratio.median()));
    }
}

fn beside(theirs: &Runs) -> String {
    if theirs.is_empty() { String::new() } else { format!("; Node {theirs}") }
}
