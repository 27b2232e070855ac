//! Replaying the missed events of a client that signs in with `since`.
//!
//! Owns the missed log and the clock from signing in to the last event. Must not know how the server finds them.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde::Deserialize;

use crate::http::Link;
use crate::report::Report;
use crate::server::Server;
use crate::socket::{self, Socket};
use crate::stats::{Times, millis};
use crate::webhook::Signer;
use crate::{Setup, dial, population};

const AIM: Duration = Duration::from_millis(100);

/// The options.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Events that were missed
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=50_000))]
    events: u32,
    /// How often it is measured
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    times: u32,
}

#[derive(Deserialize)]
struct Told {
    seq: u64,
}

/// Runs it.
pub(crate) async fn run(setup: &Setup, options: &Options, report: &mut Report) -> anyhow::Result<()> {
    println!("\nreplay: {} events, {} times", options.events, options.times);
    let server = Server::start(setup).await?;
    population::register(&server, 1).await?;
    let signer = Signer::new(server.address)?;
    let mut link = Link::open(server.address).await?;
    for index in 0..options.events {
        let status = link.call(&signer.request(index as usize, 0)?).await?;
        anyhow::ensure!(status == 200, "a webhook was answered with {status}");
    }
    let token = population::token(0)?;
    // The registration is the first event.
    let since = 1;
    let auth = format!(r#"{{"token":"{token}","since":{since}}}"#);
    let (mut first, mut last) = (vec![], vec![]);
    for _ in 0..options.times {
        let mut socket = Socket::connect(dial::connect(0, server.address).await?, server.address).await?;
        let started = Instant::now();
        socket.sign_in(&auth).await?;
        for expected in since + 1..=since + u64::from(options.events) {
            let packet = socket.next().await?.context("the server closed a socket")?;
            let told = socket::event::<Told>(&packet, "transaction:new").context("another packet came between")??;
            anyhow::ensure!(told.seq == expected, "event {} came where {expected} was due", told.seq);
            if expected == since + 1 {
                first.push(started.elapsed());
            }
        }
        last.push(started.elapsed());
    }
    let (first, last) = (Times::new(first), Times::new(last));
    first.print("the first missed event");
    last.print("the last missed event");
    let [p50, p99] = [0.5, 0.99].map(|share| last.percentile(share));
    let figure = format!("signed in with `since` → the last of {} missed events, p50 / p99", options.events);
    report.judge(figure, format!("{} / {}", millis(p50), millis(p99)), "< 100 ms", p99 < AIM);
    server.stop().await
}
