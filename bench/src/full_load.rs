//! Webhooks at full load, and the cost of each.
//!
//! Owns the load and the arithmetic for one webhook. Must not start a server or know the purpose of the measurement.

use std::time::Duration;

use crate::load::{Outcome, Plan, Requests, closed_loop};
use crate::server::Server;
use crate::stats::{Times, millis};
use crate::wal::Watch;
use crate::webhook::Signer;
use crate::{population, process};

const WARM_UP: Duration = Duration::from_secs(1);
/// Requests are signed beforehand, this many for each second; with a faster server, the window ends earlier.
const PRESIGNED_PER_SECOND: usize = 25_000;

/// The load.
#[derive(Clone, Copy)]
pub(crate) struct FullLoad {
    pub(crate) callers: usize,
    pub(crate) window: Duration,
    pub(crate) users: usize,
    /// The number of the first transaction, which no earlier load may have sent.
    pub(crate) first: usize,
}

impl FullLoad {
    /// How many requests the load signs.
    pub(crate) fn requests(&self) -> usize {
        PRESIGNED_PER_SECOND * usize::try_from((self.window + WARM_UP).as_secs()).unwrap_or_default()
    }
}

/// The result.
pub(crate) struct Loaded {
    pub(crate) rate: f64,
    pub(crate) times: Times,
    /// The server's processor time in microseconds for each webhook.
    pub(crate) cpu: f64,
    /// Frames of the write-ahead log for each webhook.
    pub(crate) frames: f64,
    /// Kilobytes, of the log and the database, that the server had the kernel write for each webhook.
    pub(crate) written: f64,
    /// How many webhooks were answered, including the warm-up.
    pub(crate) answered: usize,
    /// Cores in use by the generator and by other processes.
    generator: f64,
    others: f64,
}

/// Loads a server.
pub(crate) async fn full_load(server: &Server, load: FullLoad) -> anyhow::Result<Loaded> {
    let FullLoad { callers, window, users, first } = load;
    let plan = Plan { addresses: vec![server.address], servers: vec![server.pid], callers, warm_up: WARM_UP, window };
    let signer = Signer::new(server.address)?;
    let deck = (first..first + load.requests()).map(|index| signer.request(index, population::any_user(index, users)));
    let deck = deck.collect::<anyhow::Result<Vec<_>>>()?;
    let written = process::written_bytes(server.pid)?;
    let log = Watch::start(server.folder())?;
    let outcome = closed_loop(plan, Requests::Deck(deck)).await?;
    let log = log.stop()?;
    let written = process::written_bytes(server.pid)? - written;
    anyhow::ensure!(outcome.refused == 0, "{} webhooks were refused", outcome.refused);
    Ok(Loaded::new(outcome, log.frames, written))
}

impl Loaded {
    #[expect(clippy::cast_precision_loss, reason = "counts of a benchmark")]
    fn new(outcome: Outcome, frames: u64, written: u64) -> Self {
        let (all, seconds) = (outcome.answered as f64, outcome.window.as_secs_f64());
        Self {
            rate: outcome.rate,
            cpu: outcome.server_cpu * 1e6 / outcome.times.len() as f64,
            frames: frames as f64 / all,
            written: written as f64 / 1024.0 / all,
            answered: outcome.answered,
            generator: outcome.own_cpu / seconds,
            others: outcome.other_cpu / seconds,
            times: outcome.times,
        }
    }

    /// The answer time at `share` (0 to 1) of all answers, in milliseconds.
    pub(crate) fn answer(&self, share: f64) -> f64 {
        self.times.percentile(share).as_secs_f64() * 1000.0
    }

    /// Prints two lines of a small table.
    pub(crate) fn print(&self, name: &str) {
        let [p50, p99, max] = [0.5, 0.99, 1.0].map(|share| millis(self.times.percentile(share)));
        println!("  {name:<34} {:.0}/s; answers p50 {p50}, p99 {p99}, max {max}", self.rate);
        println!(
            "  {:<34} each: {:.0} µs of processor, {:.1} log frames, {:.1} KiB written; \
             cores of the generator {:.2}, of other processes {:.2}",
            "", self.cpu, self.frames, self.written, self.generator, self.others
        );
    }
}
