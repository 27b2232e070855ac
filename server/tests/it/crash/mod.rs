//! The promise, tried by breaking: the server is killed at random moments while deliveries pour in.
//!
//! Every delivery that was answered 200 must be in the store once, every client must end with exactly
//! its user's events 1..n in order, and the core app must have each transaction in its final state.
//! `TALLYWIRE_CRASH_ROUNDS` says how often it is killed; `make crash` does so 200 times.

mod process;
mod provider;
mod reader;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;

use crate::support::CoreAppDouble;
use process::ServerProcess;
use provider::{Sent, provide};
use reader::read;

const USERS: usize = 10;

fn user(index: usize) -> String {
    format!("user-{index}")
}

fn rounds() -> u32 {
    std::env::var("TALLYWIRE_CRASH_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(6)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_moment_it_loses_nothing_and_repeats_nothing() {
    let seed = std::env::var("TALLYWIRE_CRASH_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(7);
    let mut random = fastrand::Rng::with_seed(seed);
    let core_app = CoreAppDouble::start().await;
    let mut server = ServerProcess::start(&core_app.address).await;
    for index in 0..USERS {
        server.register(&format!("conn-{index}"), &user(index)).await;
    }
    let stop = Arc::new(AtomicBool::new(false));
    let providers: Vec<_> = (0..USERS)
        .map(|index| tokio::spawn(provide(server.address(), index, random.u64(..), Arc::clone(&stop))))
        .collect();
    let readers: Vec<_> =
        (0..USERS).map(|index| tokio::spawn(read(server.address(), user(index), Arc::clone(&stop)))).collect();
    for _ in 0..rounds() {
        tokio::time::sleep(Duration::from_millis(random.u64(30..700))).await;
        server.kill_and_restart().await;
    }
    stop.store(true, Ordering::SeqCst);
    let mut sent = vec![];
    for provider in providers {
        sent.push(provider.await.unwrap());
    }
    let mut events = 0;
    for reader in readers {
        events += reader.await.unwrap();
    }
    let expected: usize = sent.iter().map(|sent| sent.amounts.len()).sum();
    let answered: u64 = sent.iter().map(|sent| sent.answered).sum();
    for (index, sent) in sent.iter().enumerate() {
        assert_eq!(stored(&server, &user(index)).await, sent.amounts, "user-{index}");
    }
    core_app_has(&core_app, &sent).await;
    println!(
        "killed {} times (seed {seed}): {answered} deliveries answered, {expected} transactions stored once, {events} events read in order",
        rounds()
    );
}

/// Every transaction of a user as the API tells it; each may stand there once only.
async fn stored(server: &ServerProcess, user_id: &str) -> BTreeMap<String, String> {
    let (mut all, mut cursor) = (BTreeMap::new(), String::new());
    loop {
        let page = server.get(user_id, &format!("/api/transactions?limit=500{cursor}")).await;
        for transaction in page["transactions"].as_array().unwrap() {
            let id = transaction["transactionId"].as_str().unwrap().to_owned();
            assert!(all.insert(id, transaction["amount"].to_string()).is_none(), "stored twice");
        }
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&before={next}"),
            None => return all,
        }
    }
}

/// Waits until the core app has each transaction in its final state.
async fn core_app_has(core_app: &CoreAppDouble, sent: &[Sent]) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    loop {
        let mut latest: BTreeMap<String, String> = BTreeMap::new();
        for call in core_app.taken(0).await {
            let body: Value = serde_json::from_str(&call.body).unwrap();
            latest.insert(body["transactionId"].as_str().unwrap().to_owned(), body["signedAmount"].to_string());
        }
        let expected: BTreeMap<_, _> = sent.iter().flat_map(|sent| sent.amounts.clone()).collect();
        if latest == expected {
            return;
        }
        assert!(tokio::time::Instant::now() < deadline, "{} of {} reached the core app", latest.len(), expected.len());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
