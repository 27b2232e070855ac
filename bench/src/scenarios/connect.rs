//! How fast sockets connect and sign in, as after a restart.
//!
//! Owns that measurement. Must not look at memory.

use std::time::Instant;

use crate::report::Report;
use crate::server::Server;
use crate::stats::rate;
use crate::{Setup, process, socket};

/// Sockets of one user: the server's own limit.
pub(crate) const SOCKETS_PER_USER: usize = 10;
/// Files that a process has open besides its sockets.
pub(crate) const OTHER_FILES: usize = 200;

/// How many.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Users, with ten sockets each
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u16).range(1..=1500))]
    users: u16,
    /// Sockets that connect at the same time
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=1000))]
    at_once: u16,
}

/// Connects them all once.
pub(crate) async fn run(setup: &Setup, options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let (users, at_once) = (usize::from(options.users), usize::from(options.at_once));
    process::require_open_files(users * SOCKETS_PER_USER + OTHER_FILES)?;
    println!("\nconnect: {} sockets, {at_once} at a time", users * SOCKETS_PER_USER);
    let server = Server::start(setup).await?;
    let own = std::process::id();
    let (server_before, own_before) = (process::cpu_seconds(server.pid)?, process::cpu_seconds(own)?);
    let started = Instant::now();
    let sockets = socket::open_many(server.address, users, SOCKETS_PER_USER, at_once).await?;
    let rate = rate(sockets.len(), started.elapsed());
    let server_cpu = process::cpu_seconds(server.pid)? - server_before;
    let own_cpu = process::cpu_seconds(own)? - own_before;
    println!("  {rate:.0}/s; processor seconds: server {server_cpu:.2}, generator {own_cpu:.2}");
    report.note("sockets connected and signed in", format!("{rate:.0}/s"));
    drop(sockets);
    server.stop().await
}
