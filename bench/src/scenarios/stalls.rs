//! The longest stalls at a fixed rate, and whether the disk explains them.
//!
//! Owns the comparison of slow webhooks with flushes at the same moments. Must not time a webhook itself.

use std::time::{Duration, Instant};

use super::connect::{OTHER_FILES, SOCKETS_PER_USER};
use super::latency::{OpenLoop, Slow, open_loop};
use crate::flushes::{Flush, Flushes, longest_during};
use crate::report::Report;
use crate::server::Server;
use crate::service::{Service, install_node_packages};
use crate::stats::{Times, millis};
use crate::wal::Watch;
use crate::webhook::Signer;
use crate::{Setup, population, process, socket};

/// A webhook that takes longer is a stall.
const LIMIT: Duration = Duration::from_millis(50);
/// Users, each with ten sockets.
const USERS: usize = 100;
/// How many stalls are printed.
const SHOWN: usize = 20;

/// The options.
#[derive(clap::Args)]
#[group(id = "stalls")]
pub(crate) struct Options {
    /// 20 seconds
    #[arg(long)]
    quick: bool,
    /// Seconds
    #[arg(long, default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..=3600))]
    seconds: u64,
    /// Webhooks a second
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=5000))]
    rate: u32,
    /// Milliseconds from one flush beside it to the next
    #[arg(long, default_value_t = 25, value_parser = clap::value_parser!(u64).range(1..=1000))]
    flush_every: u64,
    /// The Node service instead of Tallywire
    #[arg(long)]
    node: bool,
}

/// Slow webhooks that overlap.
struct Stall {
    began: Instant,
    ended: Instant,
    webhooks: usize,
    /// The longest time of a webhook.
    took: Duration,
    /// How late the generator sent that webhook.
    lag: Duration,
    /// The longest concurrent flush.
    flush: Duration,
}

impl Stall {
    /// Whether the generator was late, or a concurrent flush took at least half of the time and all but the limit: a
    /// webhook may wait for the flush in progress and for its own.
    fn is_explained(&self) -> bool {
        let took = self.took.saturating_sub(self.lag);
        took <= LIMIT || (self.flush * 2 >= took && took.saturating_sub(self.flush) <= LIMIT)
    }
}

/// Runs it.
pub(crate) async fn run(setup: &Setup, options: &Options, report: &mut Report) -> anyhow::Result<()> {
    process::require_open_files(USERS * SOCKETS_PER_USER + OTHER_FILES)?;
    let service = if options.node { Service::Node } else { Service::Tallywire };
    if options.node {
        install_node_packages()?;
    }
    let seconds = if options.quick { 20 } else { options.seconds };
    println!("\nstalls: {}, {} webhooks/s for {seconds} s", service.name(), options.rate);
    let server = Server::start_service(service, setup, None).await?;
    population::register(&server, USERS).await?;
    let sockets = socket::open_many(server.address, USERS, SOCKETS_PER_USER, 64).await?;
    let signer = Signer::new(server.address)?;
    let count = usize::try_from(u64::from(options.rate) * seconds)?;
    // Signed when they are due, because a signature is valid for five minutes.
    let requests = (0..count).map(|index| signer.request(index, index % USERS));

    let cpu = Cpu::now(server.pid)?;
    let flushes = Flushes::start(server.folder(), Duration::from_millis(options.flush_every))?;
    let log = Watch::start(server.folder())?;
    let began = Instant::now();
    let step = Duration::from_secs(1) / options.rate;
    let ledger = open_loop(OpenLoop::to(&server.address, step), sockets, requests).await?;
    let (flushes, log) = (flushes.stop()?, log.stop()?);
    cpu.print(server.pid, began.elapsed())?;
    server.stop().await?;

    let stalls = stalls(&ledger.slower_than(LIMIT), &flushes);
    let outcome = ledger.close(0);
    outcome.print();
    Times::new(flushes.iter().map(|flush| flush.took).collect()).print("a flush beside them");
    println!("  the log was restarted {} times", log.restarts.len());
    stalls.iter().take(SHOWN).for_each(|stall| print(stall, began, &log.restarts));
    anyhow::ensure!(outcome.lost + outcome.twice == 0, "{} events lost, {} twice", outcome.lost, outcome.twice);
    let unexplained = stalls.iter().filter(|stall| !stall.is_explained()).count();
    let longest = millis(outcome.last.percentile(1.0).max(outcome.answers.percentile(1.0)));
    report.note(format!("longest time to an answer or event at {}/s for {seconds} s", options.rate), longest);
    report.note("longest flush beside it", millis(longest_during(&flushes, began, Instant::now())));
    let measured = format!("{unexplained} of {}", stalls.len());
    report.judge("stalls over 50 ms that no flush at the same moment explains", measured, "0", unexplained == 0);
    Ok(())
}

/// Groups overlapping webhooks, the longest stall first.
fn stalls(slow: &[Slow], flushes: &[Flush]) -> Vec<Stall> {
    let mut stalls: Vec<Stall> = vec![];
    for webhook in slow {
        let (began, ended) = (webhook.due, webhook.due + webhook.took);
        match stalls.last_mut().filter(|stall| stall.ended >= began) {
            Some(stall) => {
                stall.webhooks += 1;
                stall.ended = stall.ended.max(ended);
                if webhook.took > stall.took {
                    (stall.took, stall.lag) = (webhook.took, webhook.lag);
                }
            }
            None => {
                let (took, lag) = (webhook.took, webhook.lag);
                stalls.push(Stall { began, ended, webhooks: 1, took, lag, flush: Duration::ZERO });
            }
        }
    }
    for stall in &mut stalls {
        stall.flush = longest_during(flushes, stall.began, stall.ended);
    }
    stalls.sort_by_key(|stall| std::cmp::Reverse(stall.took));
    stalls
}

fn print(stall: &Stall, began: Instant, restarts: &[Instant]) {
    let since = |at: Instant| at.saturating_duration_since(began).as_secs_f64();
    let restart = restarts.iter().map(|&at| since(at) - since(stall.began)).min_by(|a, b| a.abs().total_cmp(&b.abs()));
    println!(
        "  after {:.2} s: {} for {} webhooks; flush {}, generator {}; the log was restarted {}: {}",
        since(stall.began),
        millis(stall.took),
        stall.webhooks,
        millis(stall.flush),
        millis(stall.lag),
        restart.map_or("never".to_owned(), |restart| format!("{restart:+.2} s from it")),
        if stall.is_explained() { "explained" } else { "not explained" }
    );
}

/// The processor time of the server, of this program and of the whole machine.
struct Cpu([f64; 3]);

impl Cpu {
    fn now(server: u32) -> anyhow::Result<Self> {
        let [server, own] = [server, std::process::id()].map(process::cpu_seconds);
        Ok(Self([server?, own?, process::machine_cpu_seconds()?]))
    }

    fn print(&self, server: u32, time: Duration) -> anyhow::Result<()> {
        let now = Self::now(server)?;
        let [server, own, all] = [0, 1, 2].map(|index| (now.0[index] - self.0[index]) / time.as_secs_f64());
        let others = (all - server - own).max(0.0);
        println!("  cores in use: server {server:.2}, generator {own:.2}, other processes {others:.2}");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stall_is_explained_by_a_flush_at_the_same_moment_only() {
        let (start, ms) = (Instant::now(), Duration::from_millis);
        let slow = |at, took| Slow { due: start + ms(at), took: ms(took), lag: Duration::ZERO };
        let slow = [slow(0, 120), slow(5, 115), slow(1000, 70), slow(1500, 80), slow(2000, 200)];
        let flush = |at, took| Flush { began: start + ms(at), took: ms(took) };
        let found = stalls(&slow, &[flush(10, 100), flush(990, 30), flush(1510, 45), flush(3000, 200)]);
        let found: Vec<_> = found.iter().map(|stall| (stall.took, stall.webhooks, stall.is_explained())).collect();
        assert_eq!(found, [(ms(200), 1, false), (ms(120), 2, true), (ms(80), 1, true), (ms(70), 1, false)]);
    }
}
