//! What an idle signed-in WebSocket costs in the server's memory.
//!
//! Owns that measurement. Must not send a webhook.

use std::time::Duration;

use tokio::task::JoinSet;

use super::connect::{OTHER_FILES, SOCKETS_PER_USER};
use crate::report::Report;
use crate::server::Server;
use crate::{Setup, process, socket};

const AIM_KIB: f64 = 30.0;
/// How long the server has to let go of sockets that were closed.
const AFTERWARDS: Duration = Duration::from_secs(3);

/// How many, and for how long.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Users, with ten sockets each
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u16).range(1..=1500))]
    users: u16,
    /// Seconds for which the sockets are idle before memory is read
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..=300))]
    idle: u64,
}

/// Opens them, waits and looks.
pub(crate) async fn run(setup: &Setup, options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let users = usize::from(options.users);
    let count = u32::from(options.users) * u32::try_from(SOCKETS_PER_USER)?;
    process::require_open_files(users * SOCKETS_PER_USER + OTHER_FILES)?;
    println!("\nmemory: {count} idle signed-in WebSockets");
    let server = Server::start(setup).await?;
    let before = process::memory(server.pid)?;
    let mut idle = JoinSet::new();
    for (_, mut socket) in socket::open_many(server.address, users, SOCKETS_PER_USER, 64).await? {
        // Reading is what answers the server's pings.
        idle.spawn(async move { while let Ok(Some(_)) = socket.next().await {} });
    }
    tokio::time::sleep(Duration::from_secs(options.idle)).await;
    let with = process::memory(server.pid)?;
    let mut gone = 0;
    while idle.try_join_next().is_some() {
        gone += 1;
    }
    anyhow::ensure!(gone == 0, "{gone} sockets were closed while they were idle");
    idle.shutdown().await;
    tokio::time::sleep(AFTERWARDS).await;
    let after = process::memory(server.pid)?;
    for (moment, memory) in [("before", before), ("with the sockets", with), ("after they have closed", after)] {
        println!("  {moment:<34} resident {:>8} KiB   proportional {:>8} KiB", memory.resident, memory.proportional);
    }
    let resident = per_socket(before.resident, with.resident, count);
    let proportional = per_socket(before.proportional, with.proportional, count);
    println!(
        "  for each socket                    resident {resident:>8.1} KiB   proportional {proportional:>8.1} KiB"
    );
    report.judge(
        format!("resident memory for each idle signed-in WebSocket, at {count}"),
        format!("{resident:.1} KiB"),
        "≤ 30 KiB",
        resident <= AIM_KIB,
    );
    server.stop().await
}

#[expect(clippy::cast_precision_loss, reason = "sizes of a process in KiB")]
fn per_socket(before: u64, with: u64, count: u32) -> f64 {
    (with as f64 - before as f64) / f64::from(count)
}
