//! The core app fails in every possible way, one after another.

use std::time::Duration;

use serde_json::{Value, json};

use super::drive::{Drive, seed};
use super::process::ServerProcess;
use crate::support::{CoreAppDouble, Mood, SERVICE_SECRET};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_the_core_app_does_it_ends_with_the_final_state() {
    let mut random = fastrand::Rng::with_seed(seed());
    let core_app = CoreAppDouble::start().await;
    let server = ServerProcess::start(&core_app.address).await;
    let drive = Drive::begin(&server.address(), &server.address(), &mut random).await;
    let moods = [
        Mood::Away,
        Mood::Answers(500),
        Mood::Hangs,
        Mood::Answers(422),
        Mood::Slow(Duration::from_millis(100)),
        Mood::Answers(429),
        Mood::Answers(503),
    ];
    for mood in moods {
        core_app.be(mood).await;
        tokio::time::sleep(Duration::from_millis(random.u64(400..800))).await;
        if mood == Mood::Answers(422) {
            let address = server.address();
            let refused = tokio::time::timeout(Duration::from_secs(60), has_dead_letters(&address));
            refused.await.expect("a dead letter");
        }
        core_app.be(Mood::Well).await;
        tokio::time::sleep(Duration::from_millis(random.u64(0..300))).await;
    }
    // Rejected calls are sent again after the core app has recovered.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let again = reqwest::Client::new().post(format!("{}/api/admin/outbox/replay", server.address()));
    let again = again.header("x-service-secret", SERVICE_SECRET).json(&json!({ "all": true }));
    let became: Value = again.send().await.unwrap().json().await.unwrap();
    assert!(became["revived"].as_u64().is_some_and(|revived| revived > 0), "{became}");
    let tally = drive.end(Some(&core_app)).await;
    assert_eq!(tally.refused, 0, "no webhook heard of it");
    println!("core app refused, 500, hanging, 422, slow, 429, 503 (seed {}): {became}, {tally}", seed());
}

/// Waits for a dead letter: how long the queue was paused before depends on chance.
async fn has_dead_letters(address: &str) {
    loop {
        let call = reqwest::Client::new().get(format!("{address}/api/admin/outbox"));
        let outbox: Value = call.header("x-service-secret", SERVICE_SECRET).send().await.unwrap().json().await.unwrap();
        if outbox["dead"].as_u64().is_some_and(|dead| dead > 0) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
