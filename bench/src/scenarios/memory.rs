//! The server's memory for an idle signed-in WebSocket.
//!
//! Owns that measurement, and how much memory is released after the sockets have left. Must not send a webhook.

use std::time::Duration;

use tokio::task::JoinSet;

use super::connect::{OTHER_FILES, SOCKETS_PER_USER};
use crate::process::{KernelMemory, Memory};
use crate::report::Report;
use crate::server::Server;
use crate::service::{Service, install_node_packages};
use crate::{Setup, process, socket};

const AIM_KIB: f64 = 12.0;
/// The share of the sockets' memory that may still be resident after they have left.
const AIM_LEFT: f64 = 0.2;

/// The options.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Users, with ten sockets each
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u16).range(1..=1500))]
    users: u16,
    /// Seconds for which the sockets are idle before memory is read
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..=300))]
    idle: u64,
    /// Seconds after the sockets have left until memory is read again
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..=300))]
    after: u64,
    /// The same with the Node service, which needs Node.js 20 and npm
    #[arg(long)]
    peer: bool,
}

impl Options {
    fn sockets(&self) -> u32 {
        u32::from(self.users) * u32::try_from(SOCKETS_PER_USER).unwrap_or_default()
    }
}

/// Memory at one moment.
struct Moment {
    server: Memory,
    kernel: KernelMemory,
}

/// The measurements of one service.
struct Found {
    before: Moment,
    with: Moment,
    after: Moment,
    sockets: u32,
}

/// Opens the sockets, waits and measures.
pub(crate) async fn run(setup: &Setup, options: &Options, report: &mut Report) -> anyhow::Result<()> {
    process::require_open_files(options.sockets() as usize + OTHER_FILES)?;
    let ours = measure(Service::Tallywire, setup, options).await?;
    let (each, left) = (ours.each(|moment| moment.server.resident), ours.left());
    let figure = format!("resident memory for each idle signed-in WebSocket, at {}", options.sockets());
    report.judge(&figure, format!("{each:.1} KiB"), "≤ 12 KiB", each <= AIM_KIB);
    let figure_left = format!("of that still resident {} s after they have left", options.after);
    report.judge(figure_left, format!("{:.0} %", left * 100.0), "≤ 20 %", left <= AIM_LEFT);
    let kernel = ours.each(|moment| moment.kernel.buffers + moment.kernel.records);
    report.note("the kernel's memory for each connection, both ends", format!("{kernel:.1} KiB"));
    if options.peer {
        install_node_packages()?;
        let theirs = measure(Service::Node, setup, options).await?.each(|moment| moment.server.resident);
        report.judge("the same of the Node service", format!("{theirs:.1} KiB"), "more than ours", theirs > each);
    }
    Ok(())
}

async fn measure(service: Service, setup: &Setup, options: &Options) -> anyhow::Result<Found> {
    println!("\nmemory: {} idle signed-in WebSockets, {}", options.sockets(), service.name());
    let server = Server::start_service(service, setup, None).await?;
    let before = Moment::of(&server)?;
    let mut idle = JoinSet::new();
    for (_, mut socket) in socket::open_many(server.address, options.users.into(), SOCKETS_PER_USER, 64).await? {
        // Reading also answers the server's pings.
        idle.spawn(async move { while let Ok(Some(_)) = socket.next().await {} });
    }
    tokio::time::sleep(Duration::from_secs(options.idle)).await;
    let with = Moment::of(&server)?;
    let mut gone = 0;
    while idle.try_join_next().is_some() {
        gone += 1;
    }
    anyhow::ensure!(gone == 0, "{gone} sockets were closed while they were idle");
    idle.shutdown().await;
    tokio::time::sleep(Duration::from_secs(options.after)).await;
    let found = Found { before, with, after: Moment::of(&server)?, sockets: options.sockets() };
    found.print();
    server.stop().await?;
    Ok(found)
}

impl Moment {
    fn of(server: &Server) -> anyhow::Result<Self> {
        Ok(Self { server: process::memory(server.pid)?, kernel: process::kernel_memory()? })
    }
}

impl Found {
    /// The growth in KiB for each socket.
    fn each(&self, kib: impl Fn(&Moment) -> u64) -> f64 {
        more(kib(&self.before), kib(&self.with)) / f64::from(self.sockets)
    }

    /// The share of the sockets' resident memory that was not released.
    fn left(&self) -> f64 {
        let [before, with, after] = [&self.before, &self.with, &self.after].map(|moment| moment.server.resident);
        more(before, after) / more(before, with)
    }

    fn print(&self) {
        for (name, Moment { server, kernel }) in
            [("before", &self.before), ("with the sockets", &self.with), ("after they have left", &self.after)]
        {
            println!(
                "  {name:<22} resident {:>7} KiB   proportional {:>7} KiB   kernel: buffers {:>6} KiB, records {:>7} KiB",
                server.resident, server.proportional, kernel.buffers, kernel.records
            );
        }
        println!(
            "  {:<22} resident {:>7.1} KiB   proportional {:>7.1} KiB   kernel: buffers {:>6.1} KiB, records {:>7.1} KiB",
            "for each socket",
            self.each(|moment| moment.server.resident),
            self.each(|moment| moment.server.proportional),
            self.each(|moment| moment.kernel.buffers),
            self.each(|moment| moment.kernel.records)
        );
    }
}

#[expect(clippy::cast_precision_loss, reason = "sizes in KiB")]
fn more(before: u64, with: u64) -> f64 {
    with as f64 - before as f64
}
