//! An hour of fetches after webhooks.
//!
//! Owns the load: connections at a simulated Basiq, whose time is sped up, and the figures at the end. Must not listen
//! for events: `listeners` does.

mod listeners;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use jiff::Timestamp;
use provider_sim::bank::{AccountKind, Cents, NewAccount, PaymentId, Posting, Purchase};
use provider_sim::basiq::{Basiq, BasiqOptions};
use provider_sim::{Clock, Outcome};

use self::listeners::{Heard, listen};
use crate::http::Link;
use crate::population::{self, SERVICE_SECRET, scrambled, user};
use crate::report::Report;
use crate::server::Server;
use crate::stats::{Times, millis};
use crate::webhook::WEBHOOK_SECRET;
use crate::{Setup, process};

/// A run is flat if the last quarter's memory exceeds the first's by no more than this.
const FLAT: f64 = 1.05;
/// How many transactions each connection has before the run.
const HISTORY: u32 = 50;
/// The interval between memory readings.
const SAMPLE: Duration = Duration::from_secs(5);
/// The time limit for the last events.
const AFTERWARDS: Duration = Duration::from_secs(60);
/// Every so many steps of the load, there is a burst of simultaneous refreshes.
const BURST_EVERY: u64 = 50;
const BURST: u64 = 10;

/// The options.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Connections, each of a user of its own with one socket
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=2000))]
    connections: u16,
    /// Minutes by the machine's clock
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=1440))]
    minutes: u64,
    /// How many times as fast as in life the provider's time runs; each connection has a purchase in each of its hours
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=3600))]
    speed: u32,
}

/// A user's connection at the simulated bank.
struct Linked {
    connection: String,
    account: String,
    pending: Vec<PaymentId>,
}

/// The bank, its customers and the expected events.
struct Day {
    basiq: Basiq,
    linked: Vec<Linked>,
    heard: Arc<Heard>,
    random: u64,
    steps: u64,
    purchases: u64,
}

/// Runs the load and reports the figures.
pub(crate) async fn run(setup: &Setup, options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let Options { connections, minutes, speed } = options;
    println!("\nsync: {connections} connections for {minutes} minutes, the provider's time {speed} times as fast");
    let count = usize::from(*connections);
    let basiq = Basiq::start(BasiqOptions::new(Clock::sped_up(Timestamp::now(), *speed))).await?;
    let setup = setup.and(&format!("BASIQ_API_KEY={}", basiq.api_key())).and(&format!("BASIQ_API_URL={}", basiq.url()));
    let server = Server::start(&setup).await?;
    let (mut day, listeners) = prepare(basiq, &server, count).await?;
    let calls_before = day.basiq.calls().total();
    day.heard.begin();
    let (began, length) = (Instant::now(), Duration::from_secs(minutes * 60));
    let (cpu, mut samples, mut next_sample) = (process::cpu_seconds(server.pid)?, vec![], began);
    let pause = Duration::from_secs(3600).div_f64(f64::from(*connections) * f64::from(*speed));
    let mut due = began;
    while began.elapsed() < length {
        tokio::time::sleep_until(due.into()).await;
        due += pause;
        day.step()?;
        if next_sample <= Instant::now() {
            samples.push(process::memory(server.pid)?.resident);
            next_sample += SAMPLE;
        }
    }
    let cpu = (process::cpu_seconds(server.pid)? - cpu) / began.elapsed().as_secs_f64();
    day.settle().await?;
    let (listed, stored) = (day.listed(), population::stored_transactions(&server, count).await?);
    report_figures(&day, &samples, cpu, calls_before, report);
    report.judge(
        "transactions stored, and listed by the provider",
        format!("{stored}, {listed}"),
        "equal",
        stored == listed,
    );
    anyhow::ensure!(listeners.iter().all(|listener| !listener.is_finished()), "a socket was closed");
    listeners.into_iter().for_each(|listener| listener.abort());
    server.stop().await
}

/// Connects the users' banks, registers the connections, and waits for the first fetch of each.
async fn prepare(
    basiq: Basiq,
    server: &Server,
    count: usize,
) -> anyhow::Result<(Day, Vec<tokio::task::JoinHandle<()>>)> {
    basiq.webhooks().hold();
    let heard = Arc::<Heard>::default();
    let mut linked = vec![];
    let mut link = Link::open(server.address).await?;
    for index in 0..count {
        let basiq_user = basiq.add_user(&format!("{}@example.com", user(index)));
        let everyday = NewAccount::new("Everyday", AccountKind::Transaction, Cents(100_000));
        let connection = basiq.connect(&basiq_user, vec![everyday])?;
        let account = connection.accounts.first().context("a connection without an account")?.clone();
        let month = Duration::from_secs(30 * 86_400);
        basiq.bank(|bank, now| bank.history(&account, HISTORY, month, now))?;
        basiq.refresh(&connection.id)?;
        let body = format!(r#"{{"userId":"{}","externalUserId":"{basiq_user}"}}"#, user(index));
        let request = format!(
            "PUT /api/connectors/basiq/connections/{} HTTP/1.1\r\nhost: {}\r\nx-service-secret: {SERVICE_SECRET}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            connection.id,
            server.address,
            body.len()
        );
        let status = link.call(request.as_bytes()).await?;
        anyhow::ensure!(status == 201, "a connection was not registered: {status}");
        linked.push(Linked { connection: connection.id, account, pending: vec![] });
    }
    let listeners = listen(server.address, count, &heard).await?;
    let began = Instant::now();
    while population::stored_transactions(server, count).await? < count * HISTORY as usize {
        anyhow::ensure!(began.elapsed() < AFTERWARDS, "the first runs took too long");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    basiq.webhooks().take_held();
    basiq.webhooks().release();
    basiq.webhooks().subscribe(format!("http://{}/api/connectors/basiq/webhook", server.address), WEBHOOK_SECRET);
    Ok((Day { basiq, linked, heard, random: 1, steps: 0, purchases: 0 }, listeners))
}

impl Day {
    /// One user makes a purchase, one of their pending purchases may be posted, and the bank sends a webhook.
    fn step(&mut self) -> anyhow::Result<()> {
        self.steps += 1;
        let times = if self.steps.is_multiple_of(BURST_EVERY) { BURST } else { 1 };
        let who = self.any(self.linked.len());
        for _ in 0..times {
            self.purchases += 1;
            // A counter, because digits that could be a card number are masked.
            let text = format!("SHOP {}", self.purchases);
            let posts = self.any(2) == 0;
            let Some(linked) = self.linked.get_mut(who) else { return Ok(()) };
            let purchase = |now| Purchase::new(Cents(-450), text.clone(), now);
            let made = self.basiq.bank(|bank, now| bank.purchase(&linked.account, purchase(now)))?;
            if posts && let Some(pending) = linked.pending.pop() {
                self.basiq.bank(|bank, now| bank.post(pending, Posting::unchanged(now)))?;
            }
            linked.pending.push(made);
            self.heard.expect(text);
            self.basiq.refresh(&linked.connection)?;
        }
        Ok(())
    }

    fn any(&mut self, below: usize) -> usize {
        self.random = scrambled(self.random);
        usize::try_from(self.random % below as u64).unwrap_or_default()
    }

    /// Waits until every event has arrived, or until the time limit.
    async fn settle(&self) -> anyhow::Result<()> {
        let began = Instant::now();
        while self.heard.missing() > 0 && began.elapsed() < AFTERWARDS {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        // A last run may still be in progress.
        tokio::time::sleep(Duration::from_secs(2)).await;
        Ok(())
    }

    fn listed(&self) -> usize {
        self.linked.iter().map(|linked| self.basiq.transactions(&linked.connection).len()).sum()
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of a benchmark")]
fn report_figures(day: &Day, samples: &[u64], cpu: f64, calls_before: u64, report: &mut Report) {
    let webhooks = day.basiq.webhooks();
    let attempts = webhooks.attempts();
    let answered = attempts.iter().filter(|attempt| attempt.outcome == Outcome::Answered(200)).count();
    let sent = attempts.len();
    report.judge("webhooks answered 200, of", format!("{answered}, {sent}"), "all", answered == sent && sent > 0);
    let missing = day.heard.missing();
    let heard = day.heard.take_times();
    let (repeated, runs) = day.heard.repeated_and_runs();
    report.judge(
        "purchases announced, missed, announced twice",
        format!("{}, {missing}, {repeated}", heard.len()),
        "none missed, none twice",
        missing == 0 && repeated == 0,
    );
    let calls = day.basiq.calls().total() - calls_before;
    report.note("calls of the provider's API for each webhook", format!("{:.2}", calls as f64 / sent.max(1) as f64));
    report.note("runs, and webhooks for each", format!("{runs}, {:.2}", sent as f64 / runs.max(1) as f64));
    let over = day.basiq.calls().over_budget();
    report.judge("calls over a budget", over.to_string(), "0", over == 0);
    let answers = Times::new(attempts.iter().map(|attempt| Duration::from_millis(attempt.millis)).collect());
    for (name, times) in [("webhook sent → answered", &answers), ("webhook sent → event", &heard)] {
        times.print(name);
        let measured = format!("{} / {}", millis(times.percentile(0.5)), millis(times.percentile(0.99)));
        report.note(format!("{name}, p50 / p99"), measured);
    }
    let quarter = (samples.len() / 4).max(1);
    let mean = |part: &[u64]| part.iter().sum::<u64>() as f64 / part.len().max(1) as f64 / 1024.0;
    let first = mean(samples.get(..quarter).unwrap_or(samples));
    let last = mean(samples.get(samples.len().saturating_sub(quarter)..).unwrap_or(samples));
    report.judge(
        "resident memory, first and last quarter",
        format!("{first:.1} MiB, {last:.1} MiB"),
        "≤ 5 % more",
        last <= first * FLAT,
    );
    report.note("cores of the server", format!("{cpu:.3}"));
}
