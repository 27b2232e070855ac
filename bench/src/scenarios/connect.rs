//! How fast sockets connect and sign in, as after a restart.
//!
//! Owns that measurement. Must not look at memory.

use std::time::Instant;

use crate::report::Report;
use crate::server::Server;
use crate::stats::rate;
use crate::{Setup, process, socket};

/// Sockets per user: the server's own limit.
pub(crate) const SOCKETS_PER_USER: usize = 10;
/// Files that a process has open in addition to its sockets.
pub(crate) const OTHER_FILES: usize = 200;

/// The options.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Users, with ten sockets each
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u16).range(1..=1500))]
    users: u16,
    /// Sockets that connect at the same time
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=1000))]
    at_once: u16,
    /// Users that are connected already, with ten sockets each
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=1500))]
    connected: u16,
}

/// Connects every socket once.
pub(crate) async fn run(setup: &Setup, options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let (users, at_once) = (usize::from(options.users), usize::from(options.at_once));
    let connected = usize::from(options.connected);
    process::require_open_files((connected + users) * SOCKETS_PER_USER + OTHER_FILES)?;
    let [before, sockets] = [connected, users].map(|users| users * SOCKETS_PER_USER);
    println!("\nconnect: {sockets} sockets, {at_once} at a time, while {before} are connected");
    let server = Server::start(setup).await?;
    let connected = users..users + connected;
    let connected = socket::open_those(server.address, connected, SOCKETS_PER_USER, at_once).await?;
    let own = std::process::id();
    let (server_before, own_before) = (process::cpu_seconds(server.pid)?, process::cpu_seconds(own)?);
    let started = Instant::now();
    let sockets = socket::open_many(server.address, users, SOCKETS_PER_USER, at_once).await?;
    let rate = rate(sockets.len(), started.elapsed());
    let server_cpu = process::cpu_seconds(server.pid)? - server_before;
    let own_cpu = process::cpu_seconds(own)? - own_before;
    println!("  {rate:.0}/s; processor seconds: server {server_cpu:.2}, generator {own_cpu:.2}");
    report.note(format!("sockets connected and signed in, {before} connected"), format!("{rate:.0}/s"));
    drop((sockets, connected));
    server.stop().await
}
