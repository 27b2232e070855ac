//! A closed loop: a number of callers, each sending its next request after the answer to the last one.
//!
//! Owns the callers and the counts. Must not build a request.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::http::Link;
use crate::process;
use crate::stats::{Times, rate};

/// The requests to send.
pub(crate) enum Requests {
    /// Each once, in order.
    Deck(Vec<Vec<u8>>),
    /// The same one repeatedly.
    Same(Vec<u8>),
}

impl Requests {
    fn get(&self, index: usize) -> Option<&[u8]> {
        match self {
            Self::Deck(deck) => deck.get(index).map(Vec::as_slice),
            Self::Same(request) => Some(request),
        }
    }
}

/// How to call.
#[derive(Clone)]
pub(crate) struct Plan {
    /// The servers, among which the callers are divided.
    pub(crate) addresses: Vec<SocketAddr>,
    /// The servers' processes.
    pub(crate) servers: Vec<u32>,
    pub(crate) callers: usize,
    pub(crate) warm_up: Duration,
    pub(crate) window: Duration,
}

/// The result.
pub(crate) struct Outcome {
    /// Answers with 200, including the warm-up.
    pub(crate) answered: usize,
    /// All other answers.
    pub(crate) refused: usize,
    /// Answers with 200 a second, within the window.
    pub(crate) rate: f64,
    /// The times of the answers within the window.
    pub(crate) times: Times,
    /// Processor seconds that the servers and this program used within the window.
    pub(crate) server_cpu: f64,
    pub(crate) own_cpu: f64,
    /// Processor seconds of all other processes on the machine.
    pub(crate) other_cpu: f64,
    /// The actual length of the window, which ends early if the requests run out.
    pub(crate) window: Duration,
}

/// Calls until the window is over or the requests have run out.
pub(crate) async fn closed_loop(plan: Plan, requests: Requests) -> anyhow::Result<Outcome> {
    let (requests, next) = (Arc::new(requests), Arc::new(AtomicUsize::new(0)));
    let opens = Instant::now() + plan.warm_up;
    let closes = opens + plan.window;
    let mut callers = JoinSet::new();
    for address in plan.addresses.iter().cycle().take(plan.callers) {
        callers.spawn(call(*address, Arc::clone(&requests), Arc::clone(&next), closes));
    }
    tokio::time::sleep_until(opens.into()).await;
    let own = std::process::id();
    let servers = || plan.servers.iter().map(|server| process::cpu_seconds(*server)).sum::<anyhow::Result<f64>>();
    let (server_before, own_before) = (servers()?, process::cpu_seconds(own)?);
    let machine_before = process::machine_cpu_seconds()?;
    let (mut answered, mut refused, mut times, mut last) = (0, 0, vec![], opens);
    while let Some(log) = callers.join_next().await {
        let log = log??;
        answered += log.answers.len();
        refused += log.refused;
        let within = log.answers.into_iter().filter(|(at, _)| (opens..closes).contains(at));
        for (at, took) in within {
            last = last.max(at);
            times.push(took);
        }
    }
    let window = last - opens;
    let server_cpu = servers()? - server_before;
    let own_cpu = process::cpu_seconds(own)? - own_before;
    let other_cpu = (process::machine_cpu_seconds()? - machine_before - server_cpu - own_cpu).max(0.0);
    Ok(Outcome {
        answered,
        refused,
        rate: rate(times.len(), window),
        times: Times::new(times),
        server_cpu,
        own_cpu,
        other_cpu,
        window,
    })
}

/// One caller's record: when each answer with 200 arrived and how long it took.
#[derive(Default)]
struct Log {
    answers: Vec<(Instant, Duration)>,
    refused: usize,
}

async fn call(
    address: SocketAddr,
    requests: Arc<Requests>,
    next: Arc<AtomicUsize>,
    closes: Instant,
) -> anyhow::Result<Log> {
    let mut link = Link::open(address).await?;
    let mut log = Log::default();
    while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
        let sent = Instant::now();
        if sent >= closes {
            break;
        }
        if link.call(request).await? == 200 {
            let at = Instant::now();
            log.answers.push((at, at - sent));
        } else {
            log.refused += 1;
        }
    }
    Ok(log)
}
