//! A store with a history.
//!
//! Owns filling it through the server's webhook endpoint, many transactions in each delivery, so that it works with any
//! table layout. Must not measure.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use tokio::task::JoinSet;

use crate::http::Link;
use crate::server::Server;
use crate::stats::rate;
use crate::webhook::Signer;

/// How many deliveries are in flight at once.
const CALLERS: usize = 8;
/// The most transactions in one delivery: a body is limited to 1 MiB.
pub(crate) const MOST_PER_DELIVERY: usize = 2500;

/// The contents.
#[derive(Clone, Copy)]
pub(crate) struct Filling {
    /// Transactions, numbered from 0.
    pub(crate) transactions: usize,
    pub(crate) per_delivery: usize,
    /// Users with registered connections, which take turns.
    pub(crate) users: usize,
}

/// Fills the store. Every delivery must be answered and none held back.
pub(crate) async fn fill(server: &Server, filling: Filling) -> anyhow::Result<()> {
    let started = Instant::now();
    let next = Arc::new(AtomicUsize::new(0));
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        callers.spawn(send(
            Link::open(server.address).await?,
            Signer::new(server.address)?,
            filling,
            Arc::clone(&next),
        ));
    }
    while let Some(ended) = callers.join_next().await {
        ended??;
    }
    let took = started.elapsed();
    println!(
        "  {} transactions stored in {:.0} s ({:.0}/s), {} in each delivery",
        filling.transactions,
        took.as_secs_f64(),
        rate(filling.transactions, took),
        filling.per_delivery
    );
    Ok(())
}

async fn send(mut link: Link, signer: Signer, filling: Filling, next: Arc<AtomicUsize>) -> anyhow::Result<()> {
    loop {
        let delivery = next.fetch_add(1, Ordering::Relaxed);
        let first = delivery * filling.per_delivery;
        if first >= filling.transactions {
            return Ok(());
        }
        let indexes = first..(first + filling.per_delivery).min(filling.transactions);
        let status = link.call(&signer.request_of_many(indexes, delivery % filling.users)?).await?;
        let answer = String::from_utf8_lossy(link.body());
        anyhow::ensure!(
            status == 200 && !answer.contains(r#""kept":true"#),
            "a delivery was answered {status}: {answer}"
        );
    }
}
