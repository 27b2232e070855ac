//! How much memory, processor time and log one unauthenticated client can cause, at each entry point.
//!
//! Owns the measurement: one connection sends the same bytes as fast as the server reads them and reconnects when it is
//! disconnected, while a visitor makes calls. Must not judge the protocol: the cases are in [`cases`].

mod cases;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use self::cases::{Case, Reads};
use crate::http::Link;
use crate::report::Report;
use crate::server::Server;
use crate::stats::{Times, millis};
use crate::{Setup, process};

/// The limit of a flood's memory.
const MOST_KIB: u64 = 64 * 1024;
/// The limit of a flood's processor time, as a share of one processor.
const MOST_CPU: f64 = 0.25;
/// The limit of log output in bytes a second: a gigabyte in a day.
const MOST_LOGGED: f64 = 12_000.0;

/// The options.
#[derive(clap::Args)]
#[group(id = "strangers")]
pub(crate) struct Options {
    /// Seconds for each entry point
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=60))]
    seconds: u64,
    /// Only cases with this text in their names
    #[arg(long, default_value = "")]
    only: String,
}

/// The effect of a flood.
#[derive(Default)]
struct Flood {
    bytes: u64,
    connections: u32,
}

/// Runs every case on its own server.
pub(crate) async fn run(setup: &Setup, options: &Options, report: &mut Report) -> anyhow::Result<()> {
    // The stranger has an address, as behind a proxy, because calls from this machine are not counted by address.
    let setup = setup.and("TRUSTED_PROXIES=127.0.0.1/32").and("APIDECK_WEBHOOK_SECRET=a-key-that-signs-nothing-here");
    for case in cases::all().into_iter().filter(|case| case.name.contains(&options.only)) {
        measure(&setup, &case, Duration::from_secs(options.seconds), report).await?;
    }
    Ok(())
}

async fn measure(setup: &Setup, case: &Case, time: Duration, report: &mut Report) -> anyhow::Result<()> {
    let server = Server::start(setup).await?;
    let before = process::memory(server.pid)?.resident;
    let (cpu, logged) = (process::cpu_seconds(server.pid)?, server.logged());
    let until = Instant::now() + time;
    let (flood, (most, visits)) = tokio::join!(flood(server.address, case, until), watch(&server, until));
    let cpu = (process::cpu_seconds(server.pid)? - cpu) / time.as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a log's size")]
    let logged = (server.logged() - logged) as f64 / time.as_secs_f64();
    let grown = most.saturating_sub(before);
    let p99 = visits.percentile(0.99);
    let measured = format!(
        "{:.1} MB sent over {} connections; {:.1} MiB, {:.2} of a core, {:.1} KB/s of log; a visitor's p99 {}",
        flood.bytes as f64 / 1e6,
        flood.connections,
        grown as f64 / 1024.0,
        cpu,
        logged / 1000.0,
        millis(p99),
    );
    println!("hostile: {}: {measured}", case.name);
    let is_bounded = grown <= MOST_KIB && cpu <= MOST_CPU && logged <= MOST_LOGGED;
    report.judge(case.name, measured, "≤ 64 MiB, 0.25 of a core, 12 KB/s of log", is_bounded);
    server.stop().await
}

/// The peak resident memory, and the times of a visitor's calls.
async fn watch(server: &Server, until: Instant) -> (u64, Times) {
    let (mut most, mut visits) = (0, vec![]);
    let request = b"GET /health/live HTTP/1.1\r\nhost: localhost\r\nx-forwarded-for: 203.0.113.9\r\n\r\n";
    while Instant::now() < until {
        let asked = Instant::now();
        let visit = async { Link::open(server.address).await?.call(request).await };
        let visit = tokio::time::timeout(Duration::from_secs(30), visit).await;
        // A failed call counts as the longest.
        visits.push(if matches!(visit, Ok(Ok(200))) { asked.elapsed() } else { Duration::from_secs(30) });
        most = most.max(process::memory(server.pid).map_or(0, |memory| memory.resident));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    (most, Times::new(visits))
}

async fn flood(address: SocketAddr, case: &Case, until: Instant) -> Flood {
    let mut flood = Flood::default();
    let mut held = vec![];
    while Instant::now() < until {
        flood.connections += 1;
        let connection = tokio::time::timeout_at(until.into(), one(address, case, &mut flood.bytes)).await;
        if let Ok(Ok(stream)) = connection {
            held.push(stream);
        }
        if held.len() >= case.connections {
            tokio::time::sleep_until(until.into()).await;
        }
        tokio::task::yield_now().await;
    }
    flood
}

/// Runs one connection to its end; returns it if it is only held open.
async fn one(address: SocketAddr, case: &Case, sent: &mut u64) -> anyhow::Result<TcpStream> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(&case.opening).await?;
    if case.is_answered {
        let mut answer = [0; 1024];
        anyhow::ensure!(stream.read(&mut answer).await? > 0, "no answer");
    }
    if case.repeated.is_empty() {
        return Ok(stream);
    }
    // As many repetitions as fit 64 KiB.
    let chunk = case.repeated.repeat((64 * 1024 / case.repeated.len()).max(1));
    let (mut reader, mut writer) = stream.split();
    let writing = async {
        loop {
            *sent += writer.write(&chunk).await? as u64;
        }
    };
    let reading = async {
        let mut buffer = vec![0; 64 * 1024];
        match case.reads {
            Reads::Everything => while reader.read(&mut buffer).await? > 0 {},
            Reads::Nothing => std::future::pending().await,
        }
        anyhow::Ok(())
    };
    let ended: anyhow::Result<()> = tokio::select! {
        written = writing => written,
        read = reading => read,
    };
    ended.map(|()| stream)?;
    anyhow::bail!("it ended")
}
