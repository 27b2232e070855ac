//! Deliveries that arrive at the same time.
//!
//! Owns which of them share a unit of work, and that one which cannot share it, or at which a batch fails, is recorded alone.
//! Must not know what is written.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::{Semaphore, oneshot};

use super::batch::{self, Arrived};
use super::deliveries;
use super::unit::{self, Units, in_unit};
use crate::store::{Error, NewDelivery, Recorded, Result};

/// How many deliveries share a unit of work at most.
const LARGEST: usize = 64;
/// How many batches are under way at most: the next ones grow meanwhile.
const AT_ONCE: usize = 2;
/// How many deliveries that have to wait for others are under way at most, so that they leave connections to the batches.
const ALONE: usize = 8;

/// What collects deliveries.
pub(super) struct Batches {
    units: Units,
    waiting: Mutex<Waiting>,
    alone: Semaphore,
}

#[derive(Default)]
struct Waiting {
    deliveries: VecDeque<Delivery>,
    /// How many batches are under way.
    batches: usize,
}

/// A delivery, and who waits for what becomes of it.
struct Delivery {
    arrived: Arrived,
    answer: oneshot::Sender<Result<Recorded>>,
}

impl Waiting {
    /// Takes the next batch: the oldest deliveries, one of each connection.
    fn next(&mut self) -> Vec<Delivery> {
        let (mut batch, mut left) = (Vec::new(), VecDeque::new());
        let mut taken: HashSet<(String, String)> = HashSet::new();
        while batch.len() < LARGEST {
            let Some(delivery) = self.deliveries.pop_front() else { break };
            let connection = batch::connection(&delivery.arrived.new);
            let connection = connection.map(|(connector, id)| (connector.to_owned(), id.to_owned()));
            if connection.is_some_and(|connection| taken.insert(connection)) {
                batch.push(delivery);
            } else {
                left.push_back(delivery);
            }
        }
        left.append(&mut self.deliveries);
        self.deliveries = left;
        batch
    }
}

impl Batches {
    pub(super) fn new(units: Units) -> Self {
        Self { units, waiting: Mutex::default(), alone: Semaphore::new(ALONE) }
    }

    /// For [`in_unit`].
    fn units(&self) -> &Units {
        &self.units
    }

    /// Records a delivery of a connection ([`batch::connection`]), with those that arrive meanwhile. A caller that goes away
    /// does not stop it.
    pub(super) async fn record(self: &Arc<Self>, new: NewDelivery, at: Timestamp) -> Result<Recorded> {
        let (answer, answered) = oneshot::channel();
        let at = unit::as_written(at);
        let starts = {
            let mut waiting = self.waiting.lock();
            waiting.deliveries.push_back(Delivery { arrived: Arrived { new, at }, answer });
            let starts = waiting.batches < AT_ONCE;
            waiting.batches += usize::from(starts);
            starts
        };
        if starts {
            tokio::spawn(Arc::clone(self).run());
        }
        answered.await.unwrap_or_else(|_| Err(Error::Unavailable("a batch of deliveries was given up".to_owned())))
    }

    /// Records batches until nothing waits.
    async fn run(self: Arc<Self>) {
        loop {
            let batch = {
                let mut waiting = self.waiting.lock();
                let batch = waiting.next();
                if batch.is_empty() {
                    waiting.batches -= 1;
                    return;
                }
                batch
            };
            // On a task of its own: a panic ends one batch and not all that follow.
            let _ = tokio::spawn(Arc::clone(&self).record_together(batch)).await;
        }
    }

    async fn record_together(self: Arc<Self>, batch: Vec<Delivery>) {
        let now = batch.iter().map(|delivery| delivery.arrived.at).max().unwrap_or_default();
        let (arrived, answers): (Vec<_>, Vec<_>) = batch.into_iter().map(|it| (it.arrived, it.answer)).unzip();
        let mut has_begun = false;
        let recorded = in_unit!(self, now, |unit| {
            has_begun = true;
            batch::record(unit, &arrived)
        });
        let deliveries = arrived.into_iter().zip(answers).map(|(arrived, answer)| Delivery { arrived, answer });
        match recorded {
            Ok(recorded) => {
                for (delivery, recorded) in deliveries.zip(recorded) {
                    match recorded {
                        Some(recorded) => drop(delivery.answer.send(Ok(recorded))),
                        None => drop(tokio::spawn(Arc::clone(&self).record_after_others(delivery))),
                    }
                }
            }
            // There is no connection to the database, for none of them.
            Err(Error::Unavailable(reason)) if !has_begun => {
                deliveries.for_each(|it| drop(it.answer.send(Err(Error::Unavailable(reason.clone())))));
            }
            // It may be the fault of one of them.
            Err(error) => {
                tracing::debug!(%error, "a batch of deliveries is recorded one by one");
                deliveries.for_each(|delivery| drop(tokio::spawn(Arc::clone(&self).record_alone(delivery))));
            }
        }
    }

    async fn record_after_others(self: Arc<Self>, delivery: Delivery) {
        let _permit = self.alone.acquire().await;
        Arc::clone(&self).record_alone(delivery).await;
    }

    async fn record_alone(self: Arc<Self>, delivery: Delivery) {
        let Delivery { arrived: Arrived { new, at }, answer } = delivery;
        let recorded = in_unit!(self, at, |unit| deliveries::record(unit, &new));
        let _ = answer.send(recorded);
    }
}
