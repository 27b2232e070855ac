//! From a webhook to the event in connected clients.
//!
//! Owns the open loop: webhooks are due at fixed instants and their times count from there, so that a generator that
//! waits for a stalled server does not hide the stall. Must not parse packets beyond the event that it waits for.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde::Deserialize;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

use super::connect::{OTHER_FILES, SOCKETS_PER_USER};
use crate::http::Link;
use crate::report::Report;
use crate::server::Server;
use crate::service::{Service, install_node_packages};
use crate::socket::{self, Socket};
use crate::stats::{Times, millis};
use crate::webhook::{Signer, transaction_index};
use crate::{Setup, disk, population, process};

mod ledger;

pub(crate) use ledger::{Ledger, Outcome, Slow};

const AIM: Duration = Duration::from_millis(10);
/// Users, each with [`SOCKETS_PER_USER`] sockets.
const USERS: u16 = 100;
/// How long to wait for events after the last webhook.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The options.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Users, with ten sockets and one connection each
    #[arg(long, default_value_t = USERS, value_parser = clap::value_parser!(u16).range(1..=1500))]
    users: u16,
    /// Webhooks a second
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=5000))]
    rate: u32,
    /// Seconds that are measured, after one that is not
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=200))]
    seconds: u32,
    /// The same with the Node service, which needs Node.js 20 and npm
    #[arg(long)]
    peer: bool,
}

/// What the threads of a run report.
enum Note {
    /// A webhook is due.
    Due(usize),
    /// A webhook was answered; its connection is free again.
    Answered { index: usize, sent: Instant, at: Instant, status: u16, link: Link },
    /// A socket has decoded an event.
    Heard { index: usize, at: Instant },
    /// A socket received the same event again.
    Twice,
    /// A socket was closed, or could not read a packet.
    Closed,
    /// A webhook got no answer.
    Failed(anyhow::Error),
}

/// The members of an event that are needed.
#[derive(Deserialize)]
struct Told<'a> {
    seq: u64,
    #[serde(borrow)]
    transaction: Named<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named<'a> {
    transaction_id: &'a str,
}

impl Options {
    /// The default number of users and sockets.
    pub(crate) fn at_rate(rate: u32, seconds: u32) -> Self {
        Self { users: USERS, rate, seconds, peer: false }
    }

    pub(crate) fn users(&self) -> usize {
        self.users.into()
    }

    /// How many webhooks are sent before the measured ones.
    fn warm_up(&self) -> usize {
        self.rate as usize
    }

    fn webhooks(&self) -> usize {
        self.warm_up() + (self.rate * self.seconds) as usize
    }
}

/// Runs it.
pub(crate) async fn run(setup: &Setup, options: &Options, report: &mut Report) -> anyhow::Result<()> {
    println!("\nlatency");
    let server = Server::start(setup).await?;
    let disk_before = disk::sync_times(server.folder())?;
    let (outcome, ours) = measure(&server, options).await?;
    let disk_after = disk::sync_times(server.folder())?;
    server.stop().await?;

    disk_before.print("4 KiB write + fdatasync, before");
    disk_after.print("4 KiB write + fdatasync, after");
    for (name, times) in [("last", &outcome.last), ("first", &outcome.first)] {
        let [p50, p99] = [0.5, 0.99].map(|share| times.percentile(share));
        let figure = format!("webhook sent → event in the {name} of the user's {SOCKETS_PER_USER} clients, p50 / p99");
        report.judge(figure, format!("{} / {}", millis(p50), millis(p99)), "p99 < 10 ms", p99 < AIM);
    }
    note_times(report, "webhook sent → answered, p50 / p99", &outcome.answers);
    note_times(report, "beside it: 4 KiB write + fdatasync before, p50 / p99", &disk_before);
    note_times(report, "and after", &disk_after);
    let events = options.webhooks() * SOCKETS_PER_USER;
    let wrong = outcome.lost + outcome.twice;
    let measured = format!("{} lost, {} twice, of {events}", outcome.lost, outcome.twice);
    report.judge("events lost or delivered twice", measured, "0", wrong == 0);
    let figure = format!("server's processor time for a webhook with {SOCKETS_PER_USER} deliveries");
    report.note(&figure, format!("{ours:.0} µs"));
    if options.peer {
        let theirs = of_node(setup, options).await?;
        let ratio = ours / theirs;
        report.judge(figure, format!("{ratio:.2} of the Node service's {theirs:.0} µs"), "≤ 0.5", ratio <= 0.5);
    }
    Ok(())
}

/// The processor time of the Node service for each webhook, in microseconds.
async fn of_node(setup: &Setup, options: &Options) -> anyhow::Result<f64> {
    install_node_packages()?;
    println!("\nlatency of the Node service");
    let server = Server::start_service(Service::Node, setup, None).await?;
    let (_, each) = measure(&server, options).await?;
    server.stop().await?;
    Ok(each)
}

/// Measures a server that has just started. Prints the result, and returns it with the processor time for each webhook,
/// in microseconds.
pub(crate) async fn measure(server: &Server, options: &Options) -> anyhow::Result<(Outcome, f64)> {
    let users = options.users();
    process::require_open_files(users * SOCKETS_PER_USER + OTHER_FILES)?;
    println!("  {} sockets, {} webhooks/s for {} s", users * SOCKETS_PER_USER, options.rate, options.seconds);
    population::register(server, users).await?;
    let sockets = socket::open_many(server.address, users, SOCKETS_PER_USER, 64).await?;
    let signer = Signer::new(server.address)?;
    let requests = (0..options.webhooks())
        .map(|index| signer.request(index, index % users))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let before = process::cpu_seconds(server.pid)?;
    let step = Duration::from_secs(1) / options.rate;
    let ledger = open_loop(OpenLoop::to(&server.address, step), sockets, requests.into_iter().map(Ok)).await?;
    let used = process::cpu_seconds(server.pid)? - before;
    let outcome = ledger.close(options.warm_up());
    outcome.print();
    println!("  server's processor seconds: {used:.2}");
    #[expect(clippy::cast_precision_loss, reason = "a count of a benchmark")]
    let each = used * 1e6 / options.webhooks() as f64;
    Ok((outcome, each))
}

fn note_times(report: &mut Report, figure: &str, times: &Times) {
    let [p50, p99] = [0.5, 0.99].map(|share| millis(times.percentile(share)));
    report.note(figure, format!("{p50} / {p99}"));
}

/// Webhooks that are due at fixed instants.
pub(super) struct OpenLoop<'a> {
    /// The servers, in rotation.
    pub(super) addresses: &'a [SocketAddr],
    /// The time from one webhook to the next.
    pub(super) step: Duration,
    /// The number of the first transaction.
    pub(super) first: usize,
    /// How many sockets receive each event.
    pub(super) listeners: usize,
}

impl<'a> OpenLoop<'a> {
    /// A loop for one server, from transaction 0 on.
    pub(super) fn to(address: &'a SocketAddr, step: Duration) -> Self {
        Self { addresses: std::slice::from_ref(address), step, first: 0, listeners: SOCKETS_PER_USER }
    }
}

/// Sends each request when it is due and collects the events.
pub(super) async fn open_loop(
    plan: OpenLoop<'_>,
    sockets: Vec<(usize, Socket)>,
    mut requests: impl ExactSizeIterator<Item = anyhow::Result<Vec<u8>>>,
) -> anyhow::Result<Ledger> {
    let OpenLoop { addresses, step, first, listeners } = plan;
    let (notes, mut noted) = unbounded_channel();
    let mut tasks = JoinSet::new();
    for (_, socket) in sockets {
        tasks.spawn(listen(socket, first, notes.clone()));
    }
    let start = Instant::now() + Duration::from_millis(100);
    let count = requests.len();
    let mut ledger = Ledger::new(start, step, count, listeners);
    let due = notes.clone();
    std::thread::spawn(move || pace(start, step, count, &due));
    let deadline = tokio::time::Instant::from_std(ledger.due(count) + TIMEOUT);
    let mut free: Vec<Vec<Link>> = addresses.iter().map(|_| vec![]).collect();
    while !ledger.is_complete() {
        let Ok(Some(note)) = tokio::time::timeout_at(deadline, noted.recv()).await else { break };
        match note {
            Note::Due(index) => {
                if let Some(request) = requests.next() {
                    let turn = index % addresses.len();
                    tasks.spawn(send(addresses[turn], free[turn].pop(), index, request?, notes.clone()));
                }
            }
            Note::Answered { index, sent, at, status, link } => {
                anyhow::ensure!(status == 200, "a webhook was answered with {status}");
                ledger.answered(index, sent, at);
                free[index % addresses.len()].push(link);
            }
            Note::Heard { index, at } => ledger.heard(index, at),
            Note::Twice => ledger.twice(),
            Note::Closed => ledger.closed(),
            Note::Failed(error) => return Err(error),
        }
    }
    tasks.shutdown().await;
    Ok(ledger)
}

/// Reports when each webhook is due. Runs on its own thread, because the runtime's timers have a resolution of a
/// millisecond.
fn pace(start: Instant, step: Duration, count: usize, notes: &UnboundedSender<Note>) {
    let mut due = start;
    for index in 0..count {
        loop {
            let wait = due.saturating_duration_since(Instant::now());
            if wait.is_zero() {
                break;
            }
            std::thread::park_timeout(wait);
        }
        if notes.send(Note::Due(index)).is_err() {
            return;
        }
        due += step;
    }
}

async fn send(address: SocketAddr, link: Option<Link>, index: usize, request: Vec<u8>, notes: UnboundedSender<Note>) {
    let sent = Instant::now();
    let call = async {
        let mut link = match link.filter(Link::is_fresh) {
            Some(link) => link,
            None => Link::open(address).await?,
        };
        let status = link.call(&request).await?;
        anyhow::Ok(Note::Answered { index, sent, at: Instant::now(), status, link })
    };
    let _ = notes.send(call.await.unwrap_or_else(Note::Failed));
}

async fn listen(mut socket: Socket, first: usize, notes: UnboundedSender<Note>) {
    while let Ok(Some(packet)) = socket.next().await {
        let Some(Ok(told)) = socket::event::<Told<'_>>(&packet, "transaction:new") else { continue };
        let at = Instant::now();
        let note = match transaction_index(told.transaction.transaction_id) {
            Some(index) if told.seq > socket.seq && index >= first => Note::Heard { index: index - first, at },
            _ => Note::Twice,
        };
        socket.seq = socket.seq.max(told.seq);
        if notes.send(note).is_err() {
            return;
        }
    }
    let _ = notes.send(Note::Closed);
}
