//! The dashboard's page and the start of the server with a long history.
//!
//! Owns the requests, each sent when it is due, whether or not earlier ones were answered. Must not fill a store
//! itself.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use test_services::Postgres;
use tokio::task::JoinSet;

use crate::fill::{Filling, MOST_PER_DELIVERY, fill};
use crate::http::Link;
use crate::report::Report;
use crate::server::Server;
use crate::stats::{Times, millis};
use crate::{Setup, population, process};

/// The pause after filling the store, in which the kernel writes its buffers to the disk.
const REST: Duration = Duration::from_secs(5);
/// How many requests are sent before the measured ones.
const WARM_UP: u32 = 50;
/// How many users view their pages.
const VIEWERS: u16 = 20;
/// How often the server is restarted.
const STARTS: usize = 5;
const START_AIM: Duration = Duration::from_millis(100);

/// The options.
#[derive(clap::Args)]
#[group(id = "page")]
pub(crate) struct Options {
    /// Transactions that are stored
    #[arg(long, default_value_t = 697_000, value_parser = clap::value_parser!(u32).range(1..=20_000_000))]
    transactions: u32,
    /// Users, with one connection each
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u16).range(i64::from(VIEWERS)..=20_000))]
    users: u16,
    /// Transactions in each delivery that fills the store
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u16).range(1..=MOST_PER_DELIVERY as i64))]
    per_delivery: u16,
    /// Pages a second
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    rate: u32,
    /// Seconds
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=600))]
    seconds: u32,
    /// PostgreSQL instead of SQLite
    #[arg(long)]
    postgres: bool,
}

/// Runs it.
pub(crate) async fn run(setup: &Setup, options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let store = if options.postgres { "PostgreSQL" } else { "SQLite" };
    println!("\npage: {} transactions of {} users in {store}", options.transactions, options.users);
    let postgres = if options.postgres { Some(Postgres::start_durable()?) } else { None };
    let on_postgres = match &postgres {
        Some(postgres) => Some(setup.and(&format!("DATABASE_URL={}", postgres.create_database()?))),
        None => None,
    };
    let setup = on_postgres.as_ref().unwrap_or(setup);
    let server = filled(setup, options).await?;
    let (server, starts) = start_often(server, setup).await?;
    starts.print("start until ready");
    let figure = format!("start with {} transactions in {store}, longest of {STARTS}", options.transactions);
    let longest = starts.percentile(1.0);
    report.judge(figure, millis(longest), "< 100 ms", longest < START_AIM);

    let (times, used) = pages(&server, options).await?;
    server.stop().await?;
    times.print("page");
    println!("  server's processor time for each page: {:.0} µs", used * 1e6);
    let [p50, p99] = [0.5, 0.99].map(|share| times.percentile(share));
    let (aim, limit) = if options.postgres { ("p99 < 12 ms", 12) } else { ("p99 < 6 ms", 6) };
    let figure =
        format!("dashboard page with {} transactions in {store}, {}/s, p50 / p99", options.transactions, options.rate);
    report.judge(figure, format!("{} / {}", millis(p50), millis(p99)), aim, p99 < Duration::from_millis(limit));
    Ok(())
}

async fn filled(setup: &Setup, options: &Options) -> anyhow::Result<Server> {
    let server = Server::start(setup).await?;
    population::register(&server, options.users.into()).await?;
    let (transactions, per_delivery) = (options.transactions as usize, options.per_delivery.into());
    fill(&server, Filling { transactions, per_delivery, users: options.users.into() }).await?;
    tokio::time::sleep(REST).await;
    Ok(server)
}

/// Restarts the server repeatedly; returns how long each start took until it was ready.
async fn start_often(mut server: Server, setup: &Setup) -> anyhow::Result<(Server, Times)> {
    let mut starts = vec![];
    for _ in 0..STARTS {
        let (again, took) = server.start_again(setup).await?;
        server = again;
        starts.push(took);
    }
    Ok((server, Times::new(starts)))
}

/// The time of each page, and its processor seconds on the server.
async fn pages(server: &Server, options: &Options) -> anyhow::Result<(Times, f64)> {
    let mut requests = vec![];
    for user in 0..VIEWERS {
        let cookie = signed_in(server, user.into()).await?;
        requests.push(format!("GET / HTTP/1.1\r\nhost: {}\r\ncookie: {cookie}\r\n\r\n", server.address).into_bytes());
    }
    send(server, &requests, WARM_UP, options.rate).await?;
    let (count, before) = (options.rate * options.seconds, process::cpu_seconds(server.pid)?);
    let times = send(server, &requests, count, options.rate).await?;
    let used = process::cpu_seconds(server.pid)? - before;
    Ok((times, used / f64::from(count)))
}

/// Signs a user in at the dashboard, and returns the cookie.
async fn signed_in(server: &Server, user: usize) -> anyhow::Result<String> {
    let body = format!(r#"{{"token":"{}"}}"#, population::token(user)?);
    let request = format!(
        "POST /api/session HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        server.address,
        body.len()
    );
    let mut link = Link::open(server.address).await?;
    let status = link.call(request.as_bytes()).await?;
    let head = std::str::from_utf8(link.head())?;
    let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")?.split(';').next());
    cookie.map(str::to_owned).with_context(|| format!("no cookie: {status}"))
}

/// Sends requests in rotation, each when it is due; each time counts from sending.
async fn send(server: &Server, requests: &[Vec<u8>], count: u32, rate: u32) -> anyhow::Result<Times> {
    let (mut calls, mut free, mut times) = (JoinSet::new(), vec![], vec![]);
    let start = Instant::now();
    for (index, request) in (0..count).zip(requests.iter().cycle()) {
        tokio::time::sleep_until((start + Duration::from_secs(1) * index / rate).into()).await;
        while let Some(ended) = calls.try_join_next() {
            let (link, took): (Link, Duration) = ended??;
            free.push(link);
            times.push(took);
        }
        let link = match free.pop() {
            Some(link) => link,
            None => Link::open(server.address).await?,
        };
        calls.spawn(call(link, request.clone()));
    }
    while let Some(ended) = calls.join_next().await {
        times.push(ended??.1);
    }
    Ok(Times::new(times))
}

async fn call(mut link: Link, request: Vec<u8>) -> anyhow::Result<(Link, Duration)> {
    let sent = Instant::now();
    let status = link.call(&request).await?;
    let took = sent.elapsed();
    let institution = population::INSTITUTION.as_bytes();
    let is_dashboard = link.body().windows(institution.len()).any(|text| text == institution);
    anyhow::ensure!(status == 200 && is_dashboard, "a page was answered {status}");
    Ok((link, took))
}
