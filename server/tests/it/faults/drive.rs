//! The traffic during a fault: the providers and clients of ten users.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::provider::{Pace, Sent, provide};
use super::reader::read;
use crate::support::{CoreAppDouble, SERVICE_SECRET, user_token};

const USERS: usize = 10;
/// No pause.
const PACE: Pace = Pace { timeout: Duration::from_secs(30), pause: Duration::ZERO };

pub(crate) fn user(index: usize) -> String {
    format!("user-{index}")
}

/// The seed of a run's random choices.
pub(crate) fn seed() -> u64 {
    std::env::var("TALLYWIRE_FAULTS_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(7)
}

/// The users' traffic, until it is stopped.
pub(super) struct Drive {
    /// The server's own address, for the checks at the end.
    address: String,
    stop: Arc<AtomicBool>,
    providers: Vec<JoinHandle<Sent>>,
    readers: Vec<JoinHandle<u64>>,
}

/// The counts of a run.
pub(super) struct Tally {
    /// How many deliveries were answered 200.
    pub(super) answered: u64,
    /// How many attempts got another answer or none.
    pub(super) refused: u64,
    /// How many transactions are stored, each once.
    pub(super) stored: usize,
    /// How many events the clients have read, all in order.
    pub(super) read: u64,
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { answered, refused, stored, read } = self;
        write!(
            f,
            "{answered} deliveries answered 200, {refused} attempts refused or cut, {stored} transactions stored once, {read} events read in order"
        )
    }
}

impl Drive {
    /// Registers the users' connections and starts the traffic to `through`, which may be in front of the server at
    /// `address`.
    pub(super) async fn begin(address: &str, through: &str, random: &mut fastrand::Rng) -> Self {
        for index in 0..USERS {
            let url = format!("{address}/api/connectors/basiq/connections/conn-{index}");
            let call = reqwest::Client::new().put(url).header("x-service-secret", SERVICE_SECRET);
            let registered = call.json(&json!({ "userId": user(index) })).send().await.unwrap();
            assert_eq!(registered.status(), 201);
        }
        let stop = Arc::new(AtomicBool::new(false));
        let addresses: Arc<[String]> = Arc::new([through.to_owned()]);
        let providers = (0..USERS)
            .map(|index| provide(Arc::clone(&addresses), index, random.u64(..), Arc::clone(&stop), PACE))
            .map(tokio::spawn)
            .collect();
        let readers =
            (0..USERS).map(|index| tokio::spawn(read(through.to_owned(), user(index), Arc::clone(&stop)))).collect();
        Self { address: address.to_owned(), stop, providers, readers }
    }

    /// Ends the traffic, and checks the result.
    pub(super) async fn end(self, core_app: Option<&CoreAppDouble>) -> Tally {
        self.stop.store(true, Ordering::SeqCst);
        let mut sent = vec![];
        for provider in self.providers {
            sent.push(provider.await.unwrap());
        }
        let mut read = 0;
        for reader in self.readers {
            read += reader.await.unwrap();
        }
        for (index, sent) in sent.iter().enumerate() {
            assert_eq!(stored(&self.address, &user(index)).await, sent.amounts, "user-{index}");
        }
        if let Some(core_app) = core_app {
            core_app_has(core_app, &sent).await;
        }
        Tally {
            answered: sent.iter().map(|sent| sent.answered).sum(),
            refused: sent.iter().map(|sent| sent.refused).sum(),
            stored: sent.iter().map(|sent| sent.amounts.len()).sum(),
            read,
        }
    }
}

/// Every transaction of a user in the API's answers; each may occur only once.
pub(crate) async fn stored(address: &str, user_id: &str) -> BTreeMap<String, String> {
    let (mut all, mut cursor) = (BTreeMap::new(), String::new());
    let client = reqwest::Client::new();
    loop {
        let call = client.get(format!("{address}/api/transactions?limit=500{cursor}")).bearer_auth(user_token(user_id));
        let page: Value = call.send().await.unwrap().json().await.unwrap();
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
pub(crate) async fn core_app_has(core_app: &CoreAppDouble, sent: &[Sent]) {
    let expected: BTreeMap<_, _> = sent.iter().flat_map(|sent| sent.amounts.clone()).collect();
    let deadline = tokio::time::Instant::now() + Duration::from_secs(90);
    loop {
        let latest = core_app.latest();
        if latest == expected {
            return;
        }
        assert!(tokio::time::Instant::now() < deadline, "{} of {} reached the core app", latest.len(), expected.len());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
