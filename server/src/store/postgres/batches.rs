//! Deliveries that arrive at the same time.
//!
//! Owns which of them share a unit of work, that those of a connection are recorded one after the other, and that a
//! delivery is recorded alone if it cannot share a batch or its batch fails. Must not know what is written.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout;

use super::batch::{self, Arrived};
use super::deliveries;
use super::delivery_queue::{DeliveryQueue, Waiting};
use super::lent::silent;
use super::unit::{self, Units, in_unit};
use crate::store::{Error, NewDelivery, Recorded, Result};

/// The maximum number of concurrent batches. Meanwhile the next batches grow.
const AT_ONCE: usize = 2;
/// The maximum number of deliveries that are recorded alone at the same time, so that connections are left for the batches.
const ALONE: usize = 8;
/// How long a delivery waits to be recorded alone.
const TURN_LIMIT: Duration = Duration::from_secs(5);
/// How long a batch may take. A batch waits for no lock, so a longer time means that the server or the network is down.
const BATCH_LIMIT: Duration = Duration::from_secs(10);
/// How long recording one delivery alone may take, including locks: longer than a statement may.
const ALONE_LIMIT: Duration = Duration::from_secs(40);

/// Collects deliveries into batches.
pub(super) struct Batches {
    units: Units,
    queue: Mutex<Queue>,
    alone: Semaphore,
}

#[derive(Default)]
struct Queue {
    waiting: DeliveryQueue,
    /// The number of running batches.
    batches: usize,
}

/// A delivery that is being recorded. When it is dropped, the next delivery of its connection can start.
struct Delivery {
    arrived: Arrived,
    answer: oneshot::Sender<Result<Recorded>>,
    turn: Turn,
}

struct Turn {
    connection: (String, String),
    of: Weak<Batches>,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(batches) = self.of.upgrade() else { return };
        batches.queue.lock().waiting.release(&self.connection);
        batches.start();
    }
}

impl Batches {
    pub(super) fn new(units: Units) -> Self {
        Self { units, queue: Mutex::default(), alone: Semaphore::new(ALONE) }
    }

    /// For [`in_unit`].
    fn units(&self) -> &Units {
        &self.units
    }

    /// Records a delivery of a connection ([`batch::connection`]) together with those that arrive meanwhile. If the caller
    /// goes away, the delivery is dropped only while it still waits.
    pub(super) async fn record(self: &Arc<Self>, new: NewDelivery, at: Timestamp) -> Result<Recorded> {
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting::new(Arrived { new, at: unit::as_written(at) }, answer, Instant::now());
        if !self.queue.lock().waiting.push(waiting) {
            return Err(Error::Unavailable("too many deliveries are waiting".to_owned()));
        }
        self.start();
        answered.await.unwrap_or_else(|_| Err(Error::Unavailable("a batch of deliveries was abandoned".to_owned())))
    }

    /// Starts a batch, unless the maximum is running.
    fn start(self: &Arc<Self>) {
        // When the runtime shuts down, it drops the last deliveries, and no batch can be started.
        let Ok(runtime) = Handle::try_current() else { return };
        let mut queue = self.queue.lock();
        if queue.batches < AT_ONCE && !queue.waiting.is_empty() {
            queue.batches += 1;
            runtime.spawn(Arc::clone(self).run());
        }
    }

    /// Records batches until no waiting delivery can be recorded now.
    async fn run(self: Arc<Self>) {
        loop {
            let batch = {
                let mut queue = self.queue.lock();
                let batch = queue.waiting.next_batch(Instant::now());
                if batch.is_empty() {
                    queue.batches -= 1;
                    return;
                }
                batch
            };
            let batch = batch.into_iter().map(|Waiting { arrived, answer, connection, .. }| Delivery {
                arrived,
                answer,
                turn: Turn { connection, of: Arc::downgrade(&self) },
            });
            // In its own task: a panic ends one batch, not all later ones.
            let _ = tokio::spawn(Arc::clone(&self).record_together(batch.collect())).await;
        }
    }

    async fn record_together(self: Arc<Self>, batch: Vec<Delivery>) {
        let now = batch.iter().map(|delivery| delivery.arrived.at).max().unwrap_or_default();
        let (arrived, answers): (Vec<_>, Vec<_>) =
            batch.into_iter().map(|it| (it.arrived, (it.answer, it.turn))).unzip();
        let mut has_begun = false;
        let recorded = timeout(BATCH_LIMIT, async {
            in_unit!(self, now, |unit| {
                has_begun = true;
                batch::record(unit, &arrived)
            })
        });
        let recorded = recorded.await;
        let deliveries =
            arrived.into_iter().zip(answers).map(|(arrived, (answer, turn))| Delivery { arrived, answer, turn });
        match recorded {
            Ok(Ok(recorded)) => {
                for (delivery, recorded) in deliveries.zip(recorded) {
                    match recorded {
                        Some(recorded) => drop(delivery.answer.send(Ok(recorded))),
                        None => drop(tokio::spawn(Arc::clone(&self).record_alone(delivery))),
                    }
                }
            }
            // There is no connection to the database, so the waiting deliveries would fail as well.
            Ok(Err(Error::Unavailable(reason))) if !has_begun => {
                self.refuse_waiting(&reason);
                deliveries.for_each(|it| drop(it.answer.send(Err(Error::Unavailable(reason.clone())))));
            }
            Err(_) => deliveries.for_each(|it| drop(it.answer.send(Err(silent())))),
            // One of them may be the cause.
            Ok(Err(error)) => {
                tracing::debug!(%error, "the deliveries of a batch are recorded one by one");
                deliveries.for_each(|delivery| drop(tokio::spawn(Arc::clone(&self).record_alone(delivery))));
            }
        }
    }

    fn refuse_waiting(&self, reason: &str) {
        let waiting = self.queue.lock().waiting.take_all();
        waiting.for_each(|it| drop(it.answer.send(Err(Error::Unavailable(reason.to_owned())))));
    }

    async fn record_alone(self: Arc<Self>, delivery: Delivery) {
        let Delivery { arrived: Arrived { new, at }, answer, turn } = delivery;
        let recorded = match timeout(TURN_LIMIT, self.alone.acquire()).await {
            Ok(permit) => {
                let _permit = permit;
                let recorded =
                    timeout(ALONE_LIMIT, async { in_unit!(self, at, |unit| deliveries::record(unit, &new)) });
                recorded.await.unwrap_or_else(|_| Err(silent()))
            }
            Err(_) => Err(Error::Unavailable("too many deliveries are waiting to be recorded one by one".to_owned())),
        };
        let _ = answer.send(recorded);
        drop(turn);
    }
}
