//! The traffic during the faults: users' providers and clients.
//!
//! Owns starting and ending it, and checking the result. Must not know the fault.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::task::JoinHandle;

use super::clients::{Arrivals, Client, Heard};
use super::cluster::Cluster;
use super::fault::Patience;
use crate::faults::drive::{core_app_has, stored, user};
use crate::faults::provider::{Pace, Sent, provide};
use crate::support::SERVICE_SECRET;

/// The amount of traffic.
struct Load {
    /// How many users there are, each with a provider.
    users: usize,
    /// How many clients the first user has, more than its limit allows, and the others have. Every other client
    /// resumes.
    clients: [usize; 2],
    /// How many users have clients.
    heard: usize,
    pace: Pace,
}

impl Load {
    /// A provider waits for each answer. With long faults, many have to send, so that it stays a few hundred webhooks a
    /// second while some wait for a node that hangs.
    fn of(patience: Patience) -> Self {
        let (users, heard, pause) = match patience {
            Patience::Short => (10, 10, 25),
            Patience::Long => (400, 30, 1_000),
        };
        let pace = Pace { timeout: Duration::from_secs(5), pause: Duration::from_millis(pause) };
        Self { users, clients: [6, 2], heard, pace }
    }
}

pub(super) struct Traffic {
    load: Load,
    began: Instant,
    stop: Arc<AtomicBool>,
    providers: Vec<JoinHandle<Sent>>,
    clients: Vec<JoinHandle<u64>>,
    heard: Arc<Heard>,
}

/// The counts of a run.
pub(super) struct Tally {
    took: Duration,
    answered: u64,
    refused: u64,
    stored: usize,
    heard: Arc<Heard>,
}

impl Traffic {
    pub(super) async fn begin(cluster: &Cluster, patience: Patience, random: &mut fastrand::Rng) -> Self {
        let load = Load::of(patience);
        let (addresses, stop, heard) = (cluster.addresses(), Arc::<AtomicBool>::default(), Arc::<Heard>::default());
        for index in 0..load.users {
            let url =
                format!("{}/api/connectors/basiq/connections/conn-{index}", random.choice(addresses.iter()).unwrap());
            let call = reqwest::Client::new().put(url).header("x-service-secret", SERVICE_SECRET);
            let registered = call.json(&json!({ "userId": user(index) })).send().await.unwrap();
            assert_eq!(registered.status(), 201);
        }
        let provider =
            |index| provide(Arc::clone(&addresses), index, random.fork().u64(..), Arc::clone(&stop), load.pace);
        let providers = (0..load.users).map(provider).map(tokio::spawn).collect();
        let mut clients = vec![];
        for index in 0..load.heard {
            let arrivals = Arc::<Arrivals>::default();
            for number in 0..load.clients[index.min(1)] {
                let client = Client {
                    addresses: Arc::clone(&addresses),
                    user_id: user(index),
                    resumes: number % 2 == 0,
                    random: random.fork(),
                    stop: Arc::clone(&stop),
                    heard: Arc::clone(&heard),
                    arrivals: Arc::clone(&arrivals),
                    epoch: String::new(),
                    last: 0,
                };
                clients.push(tokio::spawn(client.follow()));
            }
        }
        Self { load, began: Instant::now(), stop, providers, clients, heard }
    }

    /// What the clients have received so far.
    pub(super) fn so_far(&self) -> &Heard {
        assert!(!self.clients.iter().any(JoinHandle::is_finished), "a client has failed");
        &self.heard
    }

    /// Ends the traffic, and checks the result.
    pub(super) async fn end(self, cluster: &Cluster) -> Tally {
        let took = self.began.elapsed();
        self.stop.store(true, Ordering::SeqCst);
        let mut sent = vec![];
        for provider in self.providers {
            sent.push(provider.await.unwrap());
        }
        let mut last = vec![];
        for client in self.clients {
            last.push(client.await.unwrap());
        }
        for (index, sent) in sent.iter().enumerate() {
            for address in &*cluster.addresses() {
                assert_eq!(stored(address, &user(index)).await, sent.amounts, "user-{index} at {address}");
            }
        }
        assert!(
            last[..self.load.clients[0]].iter().all(|number| *number == last[0]),
            "clients of one user end at {last:?}"
        );
        core_app_has(&cluster.core_app, &sent).await;
        Tally {
            took,
            answered: sent.iter().map(|sent| sent.answered).sum(),
            refused: sent.iter().map(|sent| sent.refused).sum(),
            stored: sent.iter().map(|sent| sent.amounts.len()).sum(),
            heard: self.heard,
        }
    }
}

impl fmt::Display for Heard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [events, sign_ins, refusals, reloads] =
            [&self.events, &self.sign_ins, &self.refusals, &self.reloads].map(|count| count.load(Ordering::Relaxed));
        write!(f, "{events} events in order, {sign_ins} sign-ins, {refusals} refused, {reloads} reloads")
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { took, answered, refused, stored, heard } = self;
        let rate = *answered as f64 / took.as_secs_f64();
        write!(
            f,
            "{answered} deliveries answered 200 ({rate:.0}/s), {refused} attempts refused or cut, {stored} transactions stored \
             once, {heard}"
        )
    }
}
