//! Tests of the promise under faults of several nodes: three nodes, PostgreSQL with a synchronous replica, Redis.
//!
//! In the end every delivery that was answered 200 is in the store once, every client that resumes has its user's
//! events in order without a gap, every other client has the events since its sign-in, no event reached more sockets of
//! a user than the limit allows, and every lease moved within 30 s. `TALLYWIRE_OUTAGE_ROUNDS` is the number of faults,
//! and with `TALLYWIRE_OUTAGES=long` they last as long as real ones: `make outages` sets both.

mod clients;
mod cluster;
mod fault;
mod leases;
mod network;
mod node;
mod traffic;

use std::time::Duration;

use crate::faults::seed;
use cluster::Cluster;
use fault::{Fault, Patience};
use traffic::Traffic;

fn rounds() -> usize {
    std::env::var("TALLYWIRE_OUTAGE_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(Fault::ALL.len())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it takes both cores from the tests beside it: scripts/test runs it alone"]
async fn whatever_fails_under_three_nodes_nothing_is_lost_repeated_or_reordered() {
    let mut random = fastrand::Rng::with_seed(seed());
    let patience = Patience::of_the_environment();
    let mut cluster = Cluster::start().await;
    println!("a node is cut off {}", if cluster.cuts_silently() { "without a word" } else { "by closing connections" });
    let traffic = Traffic::begin(&cluster, patience, &mut random).await;
    let mut order = vec![];
    for round in 0..rounds() {
        if order.is_empty() {
            order = Fault::ALL.to_vec();
            random.shuffle(&mut order);
        }
        let Some(fault) = order.pop() else { continue };
        let took = fault.strike(&mut cluster, patience, &mut random).await;
        let moved = cluster.leases().settle().await;
        println!("{:>2}. {fault}: {took:.1?}; leases held again after {moved:.1?}; {}", round + 1, traffic.so_far());
        tokio::time::sleep(Duration::from_millis(random.u64(500..3_000))).await;
    }
    let tally = traffic.end(&cluster).await;
    println!("{} faults (seed {}): {tally}; leases changed hands {} times", rounds(), seed(), cluster.leases().moves());
}
