//! Clients that never read, next to healthy ones.
//!
//! Owns the clients that never read and the comparison of two runs, without and with them. Must not measure latency
//! itself.

use anyhow::Context as _;
use tokio::task::JoinSet;

use super::latency;
use crate::report::Report;
use crate::server::Server;
use crate::socket::Socket;
use crate::stats::millis;
use crate::{Setup, dial, population, process};

/// A receive window that fills soon.
const WINDOW: u32 = 2048;
/// The largest ratio of the healthy sockets' p99: on two cores, two runs without deaf clients differ by as much.
const AIM: f64 = 2.0;

/// The options.
#[derive(clap::Args)]
#[group(id = "deaf_ones")]
pub(crate) struct Options {
    /// Sockets that never read, spread over the users' rooms
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u16).range(1..=2000))]
    deaf: u16,
    #[command(flatten)]
    load: latency::Options,
}

/// Runs both, and compares them.
pub(crate) async fn run(setup: &Setup, options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let setup = setup.and("MAX_WEBSOCKET_CONNECTIONS_PER_USER=1000");
    println!("\ndeaf: without any");
    let server = Server::start(&setup).await?;
    let (alone, _) = latency::measure(&server, &options.load).await?;
    server.stop().await?;
    println!("\ndeaf: beside {}", options.deaf);
    let server = Server::start(&setup).await?;
    let before = process::memory(server.pid)?.resident;
    let deaf = open(&server, options).await?;
    let (beside, _) = latency::measure(&server, &options.load).await?;
    let grown = process::memory(server.pid)?.resident.saturating_sub(before);
    drop(deaf);
    server.stop().await?;

    let [alone_p99, beside_p99] = [&alone, &beside].map(|outcome| outcome.last.percentile(0.99));
    let ratio = beside_p99.as_secs_f64() / alone_p99.as_secs_f64();
    let figure = format!("webhook sent → event in the last client, p99, without and beside {} deaf ones", options.deaf);
    let measured = format!("{} → {} ({ratio:.2} ×)", millis(alone_p99), millis(beside_p99));
    report.judge(figure, measured, "< 2 ×", ratio < AIM);
    let wrong = beside.lost + beside.twice;
    report.judge("events lost or delivered twice beside them", format!("{wrong}"), "0", wrong == 0);
    report.note("resident memory that the run beside them took", format!("{} MiB", grown / 1024));
    Ok(())
}

async fn open(server: &Server, options: &Options) -> anyhow::Result<Vec<Socket>> {
    let mut opening = JoinSet::new();
    for index in 0..usize::from(options.deaf) {
        let (address, user) = (server.address, index % options.load.users());
        let token = population::token(user)?;
        opening.spawn(async move {
            let socket = dial::socket(user)?;
            socket.set_recv_buffer_size(WINDOW)?;
            let auth = format!(r#"{{"token":"{token}"}}"#);
            Socket::open_on(socket.connect(address).await?, address, &auth)
                .await
                .context("a silent socket could not sign in")
        });
    }
    let mut deaf = vec![];
    while let Some(opened) = opening.join_next().await {
        deaf.push(opened??);
    }
    Ok(deaf)
}
