//! A provider that sends one user's deliveries, and each again until it is answered 200.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;

use crate::support::{Basiq, basiq_body};

/// The counts of answers, and the data that must be stored.
pub(crate) struct Sent {
    /// How many attempts were answered 200.
    pub(crate) answered: u64,
    /// How many got another answer or none.
    pub(crate) refused: u64,
    /// The last amount of each transaction.
    pub(crate) amounts: BTreeMap<String, String>,
}

/// How a provider behaves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// How long it waits for an answer.
    pub(crate) timeout: Duration,
    /// The average pause after an answer.
    pub(crate) pause: Duration,
}

/// Sends until it is stopped, each attempt to any of the addresses.
pub(crate) async fn provide(
    addresses: Arc<[String]>,
    index: usize,
    seed: u64,
    stop: Arc<AtomicBool>,
    pace: Pace,
) -> Sent {
    let client = reqwest::Client::builder().timeout(pace.timeout).build().unwrap();
    let basiq = Basiq::default();
    let mut random = fastrand::Rng::with_seed(seed);
    let mut sent = Sent { answered: 0, refused: 0, amounts: BTreeMap::new() };
    let mut number = 0_u32;
    while !stop.load(Ordering::SeqCst) {
        number += 1;
        // One in four changes a transaction that was sent before.
        let which = if number > 4 && random.u8(0..4) == 0 { random.u32(1..number) } else { number };
        let id = format!("u{index}-t{which}");
        // No trailing zero, which a reader of JSON numbers would drop.
        let amount = format!("-{}.{}{}", random.u32(1..5000), random.u32(0..10), random.u32(1..10));
        let body = basiq_body(&format!("conn-{index}"), &id, &amount).to_string();
        let message = format!("msg_{index}_{number}");
        // Sometimes the provider repeats a delivery although it was answered.
        let times = if random.u8(0..10) == 0 { 2 } else { 1 };
        for _ in 0..times {
            while !deliver(&client, &basiq, random.choice(addresses.iter()).unwrap(), &message, &body).await {
                sent.refused += 1;
                tokio::time::sleep(Duration::from_millis(random.u64(1..20))).await;
            }
            sent.answered += 1;
            tokio::time::sleep(pace.pause.mul_f64(2.0 * random.f64())).await;
        }
        sent.amounts.insert(id, amount);
    }
    sent
}

/// One attempt; returns whether it was answered 200. A cut connection leaves the outcome open.
async fn deliver(client: &reqwest::Client, basiq: &Basiq, address: &str, message: &str, body: &str) -> bool {
    let url = format!("{address}/api/connectors/basiq/webhook");
    let mut call = client.post(url).body(body.to_owned());
    for (name, value) in basiq.sign(message, body.as_bytes(), Timestamp::now()) {
        call = call.header(name, value);
    }
    call.send().await.is_ok_and(|answer| answer.status() == 200)
}
