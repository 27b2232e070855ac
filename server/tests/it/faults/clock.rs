//! The server's clock jumps, while all other clocks are right.

use std::time::Duration;

use super::drive::{Drive, seed};
use crate::support::{CoreAppDouble, TestApp, forwarding};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_jumps_loses_nothing_and_repeats_nothing() {
    let mut random = fastrand::Rng::with_seed(seed());
    let core_app = CoreAppDouble::start().await;
    let app = TestApp::with(forwarding(&core_app.address)).await;
    let drive = Drive::begin(&app.address, &app.address, &mut random).await;
    // Within the tolerance of signatures, and beyond: then deliveries are refused, and tokens are invalid.
    for seconds in [240, -240, -7200, 86_400, -86_400 * 40, 86_400 * 365] {
        app.advance(seconds);
        tokio::time::sleep(Duration::from_millis(random.u64(200..500))).await;
        app.advance(-seconds);
        tokio::time::sleep(Duration::from_millis(random.u64(100..300))).await;
    }
    let tally = drive.end(Some(&core_app)).await;
    assert!(tally.refused > 0, "{tally}");
    println!("clock moved by minutes, hours, days and a year, and back (seed {}): {tally}", seed());
}
