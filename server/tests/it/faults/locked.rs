//! Another process holds the database lock for longer than the server waits.

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
    lock(&database).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    database.execute_batch("ROLLBACK").unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    // The server gives up after 5 s, by its own count.
    lock(&database).await;
    let ready = || reqwest::get(format!("{}/health/ready", server.address()));
    while ready().await.unwrap().status() != 503 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    database.execute_batch("ROLLBACK").unwrap();
    let tally = drive.end(Some(&core_app)).await;
    assert!(tally.refused > 0, "what waited in vain was not refused: {tally}");
    println!("database locked for 1 s, and until the server gave up (seed {}): {tally}", seed());
}

async fn lock(database: &Connection) {
    while database.execute_batch("BEGIN EXCLUSIVE").is_err() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
