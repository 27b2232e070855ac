//! The users' sockets, and the events that they received.
//!
//! Owns when each purchase was announced and when its event arrived. Must not make a purchase.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Deserialize;
use tokio::task::JoinHandle;

use crate::socket::{event, open_many};
use crate::stats::Times;

#[derive(Deserialize)]
struct New {
    transaction: Described,
}

#[derive(Deserialize)]
struct Described {
    description: String,
}

/// The expected and the received events.
#[derive(Default)]
pub(super) struct Heard(Mutex<Counts>);

#[derive(Default)]
struct Counts {
    /// The time since which an event is expected, by the purchase's text.
    expected: HashMap<String, Instant>,
    known: HashSet<String>,
    times: Vec<Duration>,
    repeated: usize,
    runs: u64,
}

impl Heard {
    fn with<T>(&self, work: impl FnOnce(&mut Counts) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Forgets what was received before.
    pub(super) fn begin(&self) {
        self.with(|counts| *counts = Counts::default());
    }

    /// Records that the webhook about a purchase with this text is about to be sent.
    pub(super) fn expect(&self, text: String) {
        self.with(|counts| counts.expected.insert(text, Instant::now()));
    }

    /// How many events have not arrived.
    pub(super) fn missing(&self) -> usize {
        self.with(|counts| counts.expected.len())
    }

    /// The times of all events.
    pub(super) fn take_times(&self) -> Times {
        Times::new(self.with(|counts| std::mem::take(&mut counts.times)))
    }

    /// How many events arrived twice, and how many runs have ended.
    pub(super) fn repeated_and_runs(&self) -> (usize, u64) {
        self.with(|counts| (counts.repeated, counts.runs))
    }

    fn take(&self, packet: &str) {
        if packet.starts_with(r#"42["sync:complete""#) {
            self.with(|counts| counts.runs += 1);
        }
        let Some(Ok(New { transaction })) = event::<New>(packet, "transaction:new") else { return };
        self.with(|counts| {
            if let Some(sent) = counts.expected.remove(&transaction.description) {
                counts.times.push(sent.elapsed());
                counts.known.insert(transaction.description);
            } else if counts.known.contains(&transaction.description) {
                counts.repeated += 1;
            }
        });
    }
}

/// Opens a socket for each of the first `count` users. A listener ends with its socket.
pub(super) async fn listen(
    address: SocketAddr,
    count: usize,
    heard: &Arc<Heard>,
) -> anyhow::Result<Vec<JoinHandle<()>>> {
    let sockets = open_many(address, count, 1, 16).await?;
    let listeners = sockets.into_iter().map(|(_, mut socket)| {
        let heard = Arc::clone(heard);
        tokio::spawn(async move {
            while let Ok(Some(packet)) = socket.next().await {
                heard.take(&packet);
            }
        })
    });
    Ok(listeners.collect())
}
