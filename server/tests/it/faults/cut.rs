//! Connections are cut at arbitrary bytes, in either direction.

use std::time::{Duration, Instant};

use super::drive::{Drive, seed};
use super::process::ServerProcess;
use crate::support::{CoreAppDouble, Cutter};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_are_cut_anywhere_lose_nothing_and_repeat_nothing() {
    let mut random = fastrand::Rng::with_seed(seed());
    let core_app = CoreAppDouble::start().await;
    // The network to the core app is as bad.
    let to_core_app = Cutter::start(&core_app.address, random.u64(..)).await;
    let server = ServerProcess::start(&to_core_app.address).await;
    let to_server = Cutter::start(&server.address(), random.u64(..)).await;
    let drive = Drive::begin(&server.address(), &to_server.address, &mut random).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    // A loaded machine takes longer to reach enough cuts.
    let until = Instant::now() + Duration::from_secs(30);
    while (to_server.cuts() <= 100 || to_core_app.cuts() == 0) && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    to_server.mend();
    to_core_app.mend();
    let tally = drive.end(Some(&core_app)).await;
    let (cuts, behind) = (to_server.cuts(), to_core_app.cuts());
    assert!(cuts > 100 && behind > 0 && tally.refused > 0, "{cuts} and {behind} cuts, {tally}");
    println!("{cuts} connections cut in front, {behind} behind (seed {}): {tally}", seed());
}
