//! Many clients that reconnect at the same moment, as after a restart of the network in front of the server.
//!
//! Owns that moment: the missed events, the clock until the last client has them, and the clients that stayed connected
//! and go on receiving. Must not know how the server catches up.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde::Deserialize;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::connect::{OTHER_FILES, SOCKETS_PER_USER};
use super::latency;
use crate::fill::{Filling, fill};
use crate::report::Report;
use crate::server::Server;
use crate::socket::{self, Socket};
use crate::stats::{Times, millis, rate};
use crate::webhook::Signer;
use crate::{Setup, dial, population, process};

const AIM: Duration = Duration::from_secs(6);
const AIM_FOR_OTHERS: Duration = Duration::from_millis(50);
/// Users who stay connected, with ten sockets each.
const OTHERS: usize = 20;
/// How long the connected users receive alone, before the others reconnect.
const LEAD: Duration = Duration::from_secs(2);
/// The limit for each client.
const LIMIT: Duration = Duration::from_secs(60);

/// The options.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Users who come back, with ten sockets each
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u16).range(1..=1500))]
    users: u16,
    /// Events that each of them has missed
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=2000))]
    missed: u32,
    /// Webhooks a second for those who stayed
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    rate: u32,
    /// Seconds for which those receive
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(4..=120))]
    seconds: u32,
}

#[derive(Deserialize)]
struct Told {
    seq: u64,
}

/// Runs it.
pub(crate) async fn run(setup: &Setup, options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let users = usize::from(options.users);
    let clients = users * SOCKETS_PER_USER;
    process::require_open_files(clients + OTHERS * SOCKETS_PER_USER + OTHER_FILES)?;
    println!("\nreconnect: {clients} clients at once, {} missed events each", options.missed);
    let server = Server::start(setup).await?;
    population::register(&server, users + OTHERS).await?;
    let per_delivery = options.missed as usize;
    fill(&server, Filling { transactions: users * per_delivery, per_delivery, users }).await?;
    let before = process::memory(server.pid)?.resident;
    let others = Others::start(server.address, users, options)?;
    tokio::time::sleep(LEAD).await;

    let cpu = (process::cpu_seconds(server.pid)?, process::cpu_seconds(std::process::id())?);
    let started = Instant::now();
    let back = come_back(server.address, users, u64::from(options.missed)).await?;
    let took = started.elapsed();
    let used = (process::cpu_seconds(server.pid)? - cpu.0, process::cpu_seconds(std::process::id())? - cpu.1);
    let resident = process::memory(server.pid)?.resident.saturating_sub(before) / clients as u64;
    let others = others.between(started, started + took).await?;

    back.signed_in.print("signed in");
    back.caught_up.print("had the last missed event");
    others.print("event in others' last client");
    println!(
        "  all after {:.2} s, {:.0}/s; resident afterwards {resident} KiB each",
        took.as_secs_f64(),
        rate(clients, took)
    );
    println!("  processor seconds: server {:.2}, generator {:.2}", used.0, used.1);
    let figure = format!("{clients} clients sign in at once with `since`: all have caught up after");
    report.judge(figure, format!("{:.2} s", took.as_secs_f64()), "≤ 6 s", took <= AIM);
    let [p50, p99] = [0.5, 0.99].map(|share| others.percentile(share));
    let measured = format!("{} / {}", millis(p50), millis(p99));
    report.judge("others' events meanwhile, p50 / p99", measured, "p99 < 50 ms", p99 < AIM_FOR_OTHERS);
    drop(back.sockets);
    server.stop().await
}

/// The clients that have reconnected.
struct Back {
    signed_in: Times,
    caught_up: Times,
    /// Kept open until the end of the measurement.
    sockets: Vec<Socket>,
}

/// Reconnects all clients at once.
async fn come_back(address: SocketAddr, users: usize, missed: u64) -> anyhow::Result<Back> {
    let tokens = (0..users).map(population::token).collect::<anyhow::Result<Vec<_>>>()?;
    let mut coming = JoinSet::new();
    for (user, token) in tokens.iter().enumerate().cycle().take(users * SOCKETS_PER_USER) {
        // The registration is the first event.
        let auth = format!(r#"{{"token":"{token}","since":1}}"#);
        coming.spawn(async move {
            let client = catch_up(address, user, auth, 1 + missed);
            tokio::time::timeout(LIMIT, client).await.context("a client did not catch up")?
        });
    }
    let (mut signed_in, mut caught_up, mut sockets) = (vec![], vec![], vec![]);
    while let Some(client) = coming.join_next().await {
        let (socket, [first, last]) = client??;
        signed_in.push(first);
        caught_up.push(last);
        sockets.push(socket);
    }
    Ok(Back { signed_in: Times::new(signed_in), caught_up: Times::new(caught_up), sockets })
}

/// Reconnects a client of a user; returns how long it took to sign in, and to have every event.
async fn catch_up(
    address: SocketAddr,
    user: usize,
    auth: String,
    newest: u64,
) -> anyhow::Result<(Socket, [Duration; 2])> {
    let started = Instant::now();
    let mut socket = Socket::connect(dial::connect(user, address).await?, address).await?;
    socket.sign_in(&auth).await?;
    let signed_in = started.elapsed();
    for expected in 2..=newest {
        let packet = socket.next().await?.context("the server closed a socket")?;
        let told = socket::event::<Told>(&packet, "transaction:new").context("another packet came between")??;
        anyhow::ensure!(told.seq == expected, "event {} came where {expected} was due", told.seq);
    }
    Ok((socket, [signed_in, started.elapsed()]))
}

/// The clients that stayed connected. They have their own thread: on the thread of the reconnecting clients, their
/// events would wait.
struct Others(oneshot::Receiver<anyhow::Result<latency::Ledger>>);

impl Others {
    fn start(address: SocketAddr, first: usize, options: &Options) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (rate, count) = (options.rate, options.rate as usize * options.seconds as usize);
        let (ended, ledger) = oneshot::channel();
        std::thread::spawn(move || {
            let _ = ended.send(runtime.block_on(receive(address, first, rate, count)));
        });
        Ok(Self(ledger))
    }

    /// The times of the events of webhooks that were due in this period.
    async fn between(self, start: Instant, end: Instant) -> anyhow::Result<Times> {
        let ledger = self.0.await.context("the thread of those who stayed has ended")??;
        let all = ledger.slower_than(Duration::ZERO);
        let outcome = ledger.close(0);
        anyhow::ensure!(outcome.lost + outcome.twice + outcome.closed == 0, "others' events were lost or came twice");
        let during = all.into_iter().filter(|webhook| (start..=end).contains(&webhook.due));
        Ok(Times::new(during.map(|webhook| webhook.took).collect()))
    }
}

async fn receive(address: SocketAddr, first: usize, rate: u32, count: usize) -> anyhow::Result<latency::Ledger> {
    let signer = Signer::new(address)?;
    let requests =
        (0..count).map(|index| signer.request(index, first + index % OTHERS)).collect::<anyhow::Result<Vec<_>>>()?;
    let mut sockets = Vec::new();
    for user in first..first + OTHERS {
        let token = population::token(user)?;
        for _ in 0..SOCKETS_PER_USER {
            sockets.push((user, Socket::open(address, user, &token).await?));
        }
    }
    let plan = latency::OpenLoop::to(&address, Duration::from_secs(1) / rate);
    latency::open_loop(plan, sockets, requests.into_iter().map(Ok)).await
}
