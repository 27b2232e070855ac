//! The database is locked when a run ends.
//!
//! Owns that the results of the run are stored all the same. Must not check webhooks.

use std::time::{Duration, Instant};

use provider_sim::{Fault, Rule};
use rusqlite::Connection;

use super::banks::Banks;
use super::day::{register, server_for};
use super::tally::until_equal;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_whose_end_cannot_be_stored_is_asked_for_again() {
    let mut banks = Banks::open(1).await;
    let server = server_for(&banks).await;
    let mut random = fastrand::Rng::with_seed(1);
    banks.basiq.webhooks().unsubscribe();
    // Pending payments are recreated or posted under other ids, and wait for the end of the next run.
    (0..10).for_each(|_| banks.go_on(&mut random));
    banks.close();
    register(&banks, &server.address()).await;
    until_equal(&banks, &server.address(), Duration::from_secs(60)).await;
    (0..10).for_each(|_| banks.go_on(&mut random));
    banks.close();
    let (lists, accounts) = ("GET /users/{userId}/transactions", "GET /users/{userId}/accounts");
    banks.basiq.calls().reset();
    banks.basiq.faults().add(Rule::new(Fault::Slow(Duration::from_secs(1))).on(accounts).after(3));
    ask_all(&banks, &server.address()).await;
    let deadline = Instant::now() + Duration::from_secs(30);
    // The last call of each run is in progress; after it, the run has to store only its end.
    while banks.basiq.calls().of(accounts) < 6 {
        assert!(Instant::now() < deadline, "{} lists were asked for", banks.basiq.calls().of(lists));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let database = Connection::open(server.database()).unwrap();
    database.busy_timeout(Duration::from_secs(5)).unwrap();
    database.execute_batch("BEGIN IMMEDIATE").unwrap();
    while banks.basiq.calls().of(accounts) < 6 || server.is_ready().await {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    database.execute_batch("ROLLBACK").unwrap();
    banks.basiq.faults().clear();
    until_equal(&banks, &server.address(), Duration::from_secs(30)).await;
}

/// Requests a sync of every connection.
async fn ask_all(banks: &Banks, address: &str) {
    for person in &banks.people {
        let path = format!("{address}/api/connectors/basiq/connections/{}/sync", person.connection.id);
        let call = reqwest::Client::new().post(path).header("x-service-secret", crate::support::SERVICE_SECRET);
        assert_eq!(call.send().await.unwrap().status(), 202);
    }
}
