//! Deliveries that wait to be recorded.
//!
//! Owns how many deliveries wait and for how long, which of them form the next batch, and that no connection has two being
//! recorded. Must not record one.

use std::collections::{HashSet, VecDeque};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::batch::{self, Arrived};
use crate::store::{Error, Recorded, Result};

/// The maximum number of waiting deliveries. Each is a request whose sender waits for the answer.
const LONGEST: usize = 4_096;
/// How long a delivery waits at most; its sender retries.
const LIMIT: Duration = Duration::from_secs(5);
/// The maximum number of deliveries in a batch, and of bytes in their bodies, so that small deliveries need not wait for
/// many large ones.
const LARGEST: usize = 64;
const LARGEST_BYTES: usize = 1 << 20;

/// A waiting delivery, and where to send the answer.
pub(super) struct Waiting {
    pub(super) arrived: Arrived,
    pub(super) answer: oneshot::Sender<Result<Recorded>>,
    /// Its connector and connection.
    pub(super) connection: (String, String),
    since: Instant,
}

/// The waiting deliveries, and the connections with one being recorded.
#[derive(Default)]
pub(super) struct DeliveryQueue {
    waiting: VecDeque<Waiting>,
    under_way: HashSet<(String, String)>,
}

impl Waiting {
    /// A delivery that starts waiting at `since`.
    pub(super) fn new(arrived: Arrived, answer: oneshot::Sender<Result<Recorded>>, since: Instant) -> Self {
        let connection = batch::connection(&arrived.new).unwrap_or_default();
        let connection = (connection.0.to_owned(), connection.1.to_owned());
        Self { arrived, answer, connection, since }
    }
}

impl DeliveryQueue {
    /// Adds a delivery; returns whether there was room for it.
    pub(super) fn push(&mut self, waiting: Waiting) -> bool {
        let has_room = self.waiting.len() < LONGEST;
        if has_room {
            self.waiting.push_back(waiting);
        }
        has_room
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Takes the next batch: the oldest deliveries, one for each connection that has none being recorded. The connection is
    /// blocked until [`release`](Self::release). Deliveries whose senders have gone are dropped.
    pub(super) fn next_batch(&mut self, now: Instant) -> Vec<Waiting> {
        let (mut batch, mut left, mut bytes) = (Vec::new(), VecDeque::new(), 0);
        let mut keys: HashSet<(String, String)> = HashSet::new();
        // Connections whose next delivery stays in the queue. Their later deliveries stay as well.
        let mut passed = HashSet::new();
        while batch.len() < LARGEST {
            let Some(next) = self.waiting.pop_front() else { break };
            if next.answer.is_closed() {
                continue;
            }
            if now.saturating_duration_since(next.since) > LIMIT {
                let _ = next.answer.send(Err(Error::Unavailable("too many deliveries are waiting".to_owned())));
                continue;
            }
            let delivery = &next.arrived.new.delivery;
            let fits = batch.is_empty() || bytes + delivery.body.len() <= LARGEST_BYTES;
            let key = (next.connection.0.clone(), delivery.key.clone());
            let is_next = !self.under_way.contains(&next.connection) && !passed.contains(&next.connection);
            if fits && is_next && keys.insert(key) {
                bytes += delivery.body.len();
                self.under_way.insert(next.connection.clone());
                batch.push(next);
            } else {
                passed.insert(next.connection.clone());
                left.push_back(next);
            }
        }
        left.append(&mut self.waiting);
        self.waiting = left;
        batch
    }

    /// Unblocks a connection whose delivery is recorded or was given up.
    pub(super) fn release(&mut self, connection: &(String, String)) {
        self.under_way.remove(connection);
    }

    /// Takes all waiting deliveries.
    pub(super) fn take_all(&mut self) -> impl Iterator<Item = Waiting> + use<> {
        std::mem::take(&mut self.waiting).into_iter()
    }
}

#[cfg(test)]
mod tests {
    use connectors::Headers;
    use jiff::Timestamp;
    use wire::Currency;

    use super::*;
    use crate::store::{Content, NewDelivery, Record};
    use crate::telemetry::spans::Arrival;

    type Answered = oneshot::Receiver<Result<Recorded>>;

    fn waiting(key: &str, connection_id: &str, bytes: usize, since: Instant) -> (Waiting, Answered) {
        let connector = ledger::Connector {
            id: "basiq".into(),
            connector_type: "bank".into(),
            source: "BANK_API".into(),
            default_currency: Currency::AUD,
        };
        let (connection_id, changes, rejected) = (connection_id.to_owned(), vec![], vec![]);
        let new = NewDelivery {
            connector,
            delivery: Record { headers: Headers::default(), body: vec![0; bytes], key: key.to_owned() },
            content: Content::Changes { connection_id, changes, rejected },
            register: None,
            arrived: Arrival::now(),
        };
        let (answer, answered) = oneshot::channel();
        (Waiting::new(Arrived { new, at: Timestamp::UNIX_EPOCH }, answer, since), answered)
    }

    /// A queue of deliveries: key, connection, size.
    fn queue(deliveries: &[(&str, &str, usize)], now: Instant) -> (DeliveryQueue, Vec<Answered>) {
        let mut queue = DeliveryQueue::default();
        let answered = deliveries.iter().map(|(key, connection_id, bytes)| {
            let (waiting, answered) = waiting(key, connection_id, *bytes, now);
            assert!(queue.push(waiting), "there is room");
            answered
        });
        let answered = answered.collect();
        (queue, answered)
    }

    fn keys(batch: &[Waiting]) -> Vec<&str> {
        batch.iter().map(|waiting| waiting.arrived.new.delivery.key.as_str()).collect()
    }

    #[test]
    fn a_connection_has_one_delivery_under_way_and_the_next_one_follows_it() {
        let now = Instant::now();
        let (mut queue, _answered) = queue(&[("k1", "a", 1), ("k2", "a", 1), ("k3", "b", 1)], now);
        let first = queue.next_batch(now);
        assert_eq!(keys(&first), ["k1", "k3"]);
        assert!(queue.next_batch(now).is_empty(), "the first of the connection is under way");
        queue.release(&first[0].connection);
        assert_eq!(keys(&queue.next_batch(now)), ["k2"]);
    }

    #[test]
    fn a_small_delivery_does_not_overtake_a_large_one_of_its_connection() {
        let now = Instant::now();
        let deliveries = [("k1", "a", LARGEST_BYTES), ("k2", "b", 2), ("k3", "b", 0), ("k4", "c", 0)];
        let (mut queue, _answered) = queue(&deliveries, now);
        assert_eq!(keys(&queue.next_batch(now)), ["k1", "k4"]);
        assert_eq!(keys(&queue.next_batch(now)), ["k2"]);
    }

    #[test]
    fn one_key_is_once_in_a_batch() {
        let now = Instant::now();
        let (mut queue, _answered) = queue(&[("k1", "a", 1), ("k1", "b", 1)], now);
        assert_eq!(queue.next_batch(now).len(), 1);
        assert_eq!(queue.next_batch(now).len(), 1);
    }

    #[test]
    fn a_delivery_that_waits_too_long_is_refused_and_one_whose_sender_is_gone_is_dropped() {
        let now = Instant::now();
        let (mut queue, mut answered) = queue(&[("k1", "a", 1), ("k2", "b", 1)], now);
        drop(answered.pop());
        assert!(queue.next_batch(now + LIMIT + Duration::from_millis(1)).is_empty());
        let refused = answered.remove(0).try_recv().expect("an answer");
        assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
    }

    #[test]
    fn no_more_wait_than_there_is_room_for() {
        let now = Instant::now();
        let (mut queue, mut answered) = (DeliveryQueue::default(), vec![]);
        for _ in 0..LONGEST {
            let (waiting, answer) = waiting("k", "a", 0, now);
            assert!(queue.push(waiting));
            answered.push(answer);
        }
        assert!(!queue.push(waiting("k", "a", 0, now).0));
    }
}
