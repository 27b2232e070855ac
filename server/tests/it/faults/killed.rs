//! The server is killed at random moments, `TALLYWIRE_CRASH_ROUNDS` times; `make crash` does so 200 times.

use std::time::Duration;

use super::drive::{Drive, seed};
use super::process::ServerProcess;
use crate::support::CoreAppDouble;

fn rounds() -> u32 {
    std::env::var("TALLYWIRE_CRASH_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(6)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_moment_it_loses_nothing_and_repeats_nothing() {
    let mut random = fastrand::Rng::with_seed(seed());
    let core_app = CoreAppDouble::start().await;
    let mut server = ServerProcess::start(&core_app.address).await;
    let drive = Drive::begin(&server.address(), &server.address(), &mut random).await;
    for _ in 0..rounds() {
        tokio::time::sleep(Duration::from_millis(random.u64(30..700))).await;
        server.kill_and_restart().await;
    }
    let tally = drive.end(Some(&core_app)).await;
    println!("killed {} times (seed {}): {tally}", rounds(), seed());
}
