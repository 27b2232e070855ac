//! The disk is full, and later has room again.

use std::time::Duration;

use super::drive::{Drive, seed};
use super::process::ServerProcess;
use crate::support::CoreAppDouble;

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_told_and_loses_nothing_that_was_answered() {
    let mut random = fastrand::Rng::with_seed(seed());
    let core_app = CoreAppDouble::start().await;
    let server = ServerProcess::on_a_small_disk(&core_app.address).await;
    let drive = Drive::begin(&server.address(), &server.address(), &mut random).await;
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(random.u64(200..600))).await;
        server.fill_the_disk();
        let full = tokio::time::Instant::now() + Duration::from_secs(10);
        while server.is_ready().await {
            assert!(tokio::time::Instant::now() < full, "a full disk is not told of");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        tokio::time::sleep(Duration::from_millis(random.u64(100..500))).await;
        server.free_the_disk();
        let free = tokio::time::Instant::now() + Duration::from_secs(10);
        while !server.is_ready().await {
            assert!(tokio::time::Instant::now() < free, "it does not go on by itself");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    let tally = drive.end(Some(&core_app)).await;
    assert!(tally.refused > 0, "{tally}");
    println!("disk full three times ({}, seed {}): {tally}", server.disk(), seed());
}
