//! Another process holds the database for longer than anybody waits.

use std::time::Duration;

use rusqlite::Connection;

use super::drive::{Drive, seed};
use super::process::ServerProcess;
use crate::support::CoreAppDouble;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_database_costs_time_and_nothing_else() {
    let mut random = fastrand::Rng::with_seed(seed());
    let core_app = CoreAppDouble::start().await;
    let server = ServerProcess::start(&core_app.address).await;
    let drive = Drive::begin(&server.address(), &server.address(), &mut random).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let database = Connection::open(server.database()).unwrap();
    database.busy_timeout(Duration::from_secs(5)).unwrap();
    // The server waits for 5 s: the first lock is over by then, the second is not.
    for seconds in [1, 7] {
        while database.execute_batch("BEGIN EXCLUSIVE").is_err() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        database.execute_batch("ROLLBACK").unwrap();
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    let tally = drive.end(Some(&core_app)).await;
    assert!(tally.refused > 0, "it was locked for too long once: {tally}");
    println!("database locked for 1 s and for 7 s (seed {}): {tally}", seed());
}
