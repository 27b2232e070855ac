//! The same load on one, two and three nodes of one PostgreSQL database.
//!
//! Owns the rounds, and the cost of a webhook for the nodes and the database. All nodes share the cores of one machine:
//! the costs show what each node adds, not how fast three machines would be. Must not test for faults.

use std::net::SocketAddr;
use std::time::Duration;

use test_services::{Postgres, Redis};

use super::connect::OTHER_FILES;
use super::latency::{OpenLoop, Outcome, open_loop};
use crate::fill::{Filling, fill};
use crate::load::{Plan, Requests, closed_loop};
use crate::report::Report;
use crate::server::Server;
use crate::socket::{self, Socket};
use crate::stats::millis;
use crate::webhook::Signer;
use crate::{Setup, population, process};

/// Seconds of webhooks before the measured ones.
const WARM_UP: u32 = 2;
/// Requests are signed beforehand, this many for each second of full load.
const PRESIGNED_PER_SECOND: usize = 6_000;
/// Transactions in each delivery of the history.
const PER_DELIVERY: usize = 500;

/// The options.
#[derive(clap::Args)]
#[group(id = "nodes-options")]
pub(crate) struct Options {
    /// The most nodes; each smaller number is measured as well
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=5))]
    nodes: u8,
    /// Users, with one connection each
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=20_000))]
    users: u16,
    /// How many of them are connected; webhooks are for these
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=1500))]
    connected: u16,
    /// Sockets of each connected user, spread over the nodes: a multiple of every number of nodes
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u8).range(1..=10))]
    sockets: u8,
    /// Transactions that are stored already
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=9_000_000))]
    history: u32,
    /// Webhooks a second
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=2000))]
    rate: u32,
    /// Seconds at this rate, and of full load
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(2..=60))]
    seconds: u32,
    /// Wake-ups by Redis instead of PostgreSQL
    #[arg(long)]
    redis: bool,
}

/// The parts that stay the same while the number of nodes changes.
struct Ground {
    postgres: Postgres,
    redis: Option<Redis>,
    database: String,
    /// The number of the next transaction.
    next: usize,
}

/// The measurements with a number of nodes.
struct Found {
    outcome: Outcome,
    /// Microseconds of processor time for each webhook at the fixed rate.
    of_nodes: f64,
    of_database: f64,
    /// Webhooks a second at full load.
    full: f64,
    full_p99: Duration,
    /// Resident KiB for each socket.
    memory: f64,
}

/// Measures each number of nodes.
pub(crate) async fn run(setup: &Setup, options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let sockets = usize::from(options.connected) * usize::from(options.sockets);
    process::require_open_files(sockets + OTHER_FILES)?;
    println!(
        "\nnodes: {} users, {sockets} sockets of {} of them, {} transactions stored, wake-ups by {}",
        options.users,
        options.connected,
        options.history,
        if options.redis { "Redis" } else { "PostgreSQL" },
    );
    let mut ground = Ground::prepare(setup, options).await?;
    for nodes in (1..=options.nodes).filter(|nodes| options.sockets.is_multiple_of(*nodes)) {
        let found = ground.measure(setup, options, nodes).await?;
        found.tell(report, options, nodes);
    }
    Ok(())
}

impl Ground {
    /// Prepares a database with its history.
    async fn prepare(setup: &Setup, options: &Options) -> anyhow::Result<Self> {
        let postgres = Postgres::start_durable()?;
        let database = postgres.create_database()?;
        let redis = if options.redis { Some(Redis::start()?) } else { None };
        let transactions = options.history as usize;
        let ground = Self { postgres, redis, database, next: transactions };
        let server = ground.node(setup).await?;
        population::register(&server, options.users.into()).await?;
        if transactions > 0 {
            fill(&server, Filling { transactions, per_delivery: PER_DELIVERY, users: options.users.into() }).await?;
        }
        server.stop().await?;
        ground.postgres.sql("CHECKPOINT")?;
        if transactions > 0 {
            let bytes = ground.postgres.sql("SELECT max(pg_database_size(datname)) FROM pg_database")?;
            println!("  the database has {bytes} bytes");
        }
        Ok(ground)
    }

    async fn node(&self, setup: &Setup) -> anyhow::Result<Server> {
        let mut setup = setup.and(&format!("DATABASE_URL={}", self.database));
        if let Some(redis) = &self.redis {
            setup = setup.and(&format!("REDIS_URL={}", redis.url()));
        }
        Server::start(&setup).await
    }

    async fn measure(&mut self, setup: &Setup, options: &Options, count: u8) -> anyhow::Result<Found> {
        let mut nodes = vec![];
        for _ in 0..count {
            nodes.push(self.node(setup).await?);
        }
        let before = resident(&nodes)?;
        let sockets = connect(&nodes, options).await?;
        #[expect(clippy::cast_precision_loss, reason = "counts of a benchmark")]
        let memory = (resident(&nodes)?.saturating_sub(before)) as f64 / sockets.len() as f64;
        let (outcome, of_nodes, of_database) = self.at_a_rate(&nodes, sockets, options).await?;
        let (full, full_p99) = self.at_full_load(&nodes, options).await?;
        for node in nodes {
            node.stop().await?;
        }
        Ok(Found { outcome, of_nodes, of_database, full, full_p99, memory })
    }

    /// The times at the fixed rate, and the cost of each webhook for the nodes and the database.
    async fn at_a_rate(
        &mut self,
        nodes: &[Server],
        sockets: Vec<(usize, Socket)>,
        options: &Options,
    ) -> anyhow::Result<(Outcome, f64, f64)> {
        let addresses: Vec<SocketAddr> = nodes.iter().map(|node| node.address).collect();
        let count = ((options.seconds + WARM_UP) * options.rate) as usize;
        let requests = requests(&addresses, self.next..self.next + count, options)?;
        let step = Duration::from_secs(1) / options.rate;
        let plan = OpenLoop { addresses: &addresses, step, first: self.next, listeners: options.sockets.into() };
        let (of_nodes, of_database) = (processor(nodes)?, self.processor()?);
        let ledger = open_loop(plan, sockets, requests.into_iter().map(Ok)).await?;
        #[expect(clippy::cast_precision_loss, reason = "counts of a benchmark")]
        let each = |used: f64| used * 1e6 / count as f64;
        let (of_nodes, of_database) = (each(processor(nodes)? - of_nodes), each(self.processor()? - of_database));
        self.next += count;
        Ok((ledger.close((WARM_UP * options.rate) as usize), of_nodes, of_database))
    }

    /// Full load without sockets; returns the rate and the p99 of the answers.
    async fn at_full_load(&mut self, nodes: &[Server], options: &Options) -> anyhow::Result<(f64, Duration)> {
        let addresses: Vec<SocketAddr> = nodes.iter().map(|node| node.address).collect();
        let window = Duration::from_secs(options.seconds.into());
        let servers = nodes.iter().map(|node| node.pid).collect();
        let plan = Plan { addresses: addresses.clone(), servers, callers: 64, warm_up: Duration::from_secs(1), window };
        let count = PRESIGNED_PER_SECOND * (options.seconds as usize + 1);
        let deck = requests(&addresses, self.next..self.next + count, options)?;
        self.next += count;
        let outcome = closed_loop(plan, Requests::Deck(deck)).await?;
        anyhow::ensure!(outcome.refused == 0, "{} webhooks were refused", outcome.refused);
        Ok((outcome.rate, outcome.times.percentile(0.99)))
    }

    /// Processor seconds of all processes of the database server.
    fn processor(&self) -> anyhow::Result<f64> {
        let ids = self.postgres.sql("SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()")?;
        let used = ids.lines().map(|id| process::cpu_seconds(id.parse()?));
        // A process that has ended meanwhile has used little.
        Ok(used.filter_map(Result::ok).sum())
    }
}

/// Opens sockets of each connected user at every node.
async fn connect(nodes: &[Server], options: &Options) -> anyhow::Result<Vec<(usize, Socket)>> {
    let each = usize::from(options.sockets) / nodes.len();
    let mut sockets = vec![];
    for node in nodes {
        sockets.extend(socket::open_many(node.address, options.connected.into(), each, 64).await?);
    }
    Ok(sockets)
}

fn requests(
    addresses: &[SocketAddr],
    transactions: std::ops::Range<usize>,
    options: &Options,
) -> anyhow::Result<Vec<Vec<u8>>> {
    // Every node accepts a request signed for any of them: the host name in it does not matter.
    let signer = Signer::new(addresses[0])?;
    transactions.map(|index| signer.request(index, population::any_user(index, options.connected.into()))).collect()
}

fn resident(nodes: &[Server]) -> anyhow::Result<u64> {
    nodes.iter().map(|node| Ok(process::memory(node.pid)?.resident)).sum()
}

fn processor(nodes: &[Server]) -> anyhow::Result<f64> {
    nodes.iter().map(|node| process::cpu_seconds(node.pid)).sum()
}

impl Found {
    fn tell(&self, report: &mut Report, options: &Options, nodes: u8) {
        self.outcome.print();
        let [p50, p99] = [0.5, 0.99].map(|share| millis(self.outcome.last.percentile(share)));
        let wrong = self.outcome.lost + self.outcome.twice + self.outcome.closed;
        let figure = format!("{nodes} nodes, {}/s: event in the last of {} sockets", options.rate, options.sockets);
        let costs = format!("{:.0} µs of the nodes and {:.0} µs of PostgreSQL", self.of_nodes, self.of_database);
        let full = format!("{:.0}/s at full load, p99 {}", self.full, millis(self.full_p99));
        let measured = format!("p50 {p50}, p99 {p99}; {costs}; {full}; {:.1} KiB for a socket", self.memory);
        report.judge(figure, measured, "no event lost or twice", wrong == 0);
    }
}
