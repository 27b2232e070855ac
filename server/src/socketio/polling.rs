//! How many bytes a polling client is sent between two of its requests.
//!
//! Owns that limit. The engine (engineioxide 0.17.9) cuts an answer at 100 kB and keeps the packet that did not fit
//! outside its queue, where the packet is lost if the client upgrades to WebSocket at that moment. If the engine's
//! queue is full, the upgrade waits for space that no request makes. Below this limit neither happens. Must not know
//! what is sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::Notify;

/// How many bytes may wait for a request. Bytes that are sent while an answer is on its way count for the previous
/// request, so twice as much can be queued. Together with one event larger than the whole budget (no event has 40 kB),
/// that is still below the 100 kB at which an answer is cut.
const BUDGET: usize = 24 * 1024;
/// What a packet adds to its event's name and payload: `42["",],` and a separator, rounded up for the older protocol.
const PACKET_OVERHEAD: usize = 16;

/// The budget of one polling session.
#[derive(Debug)]
pub(super) struct PollingBudget {
    used: AtomicUsize,
    /// How many requests are waiting for an answer.
    pending: AtomicUsize,
    /// When the last request arrived or was answered.
    last_poll: Mutex<Instant>,
    refilled: Notify,
}

/// A request that is waiting for its answer, or was given up.
#[derive(Debug)]
pub(super) struct PendingPoll(Arc<PollingBudget>);

impl PollingBudget {
    pub(super) fn new() -> Self {
        Self {
            used: AtomicUsize::new(0),
            pending: AtomicUsize::new(0),
            last_poll: Mutex::new(Instant::now()),
            refilled: Notify::new(),
        }
    }

    /// Counts an event if it fits; returns whether it does. An event larger than the budget is sent alone.
    pub(super) fn take(&self, name: &str, payload: &str) -> bool {
        let size = name.len() + payload.len() + PACKET_OVERHEAD;
        let fits = |used: usize| (used == 0 || used + size <= BUDGET).then_some(used + size);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).is_ok()
    }

    /// Undoes the counting of an event that was not sent.
    pub(super) fn give_back(&self, name: &str, payload: &str) {
        let size = name.len() + payload.len() + PACKET_OVERHEAD;
        let _ = self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| Some(used.saturating_sub(size)));
    }

    /// A request has arrived.
    pub(super) fn poll(self: &Arc<Self>) -> PendingPoll {
        self.pending.fetch_add(1, Ordering::Relaxed);
        *self.last_poll.lock() = Instant::now();
        PendingPoll(Arc::clone(self))
    }

    /// Waits until the budget is refilled, at most for `timeout`.
    pub(super) async fn refilled(&self, timeout: Duration) {
        let refilled = self.refilled.notified();
        if self.used.load(Ordering::Relaxed) > 0 {
            let _ = tokio::time::timeout(timeout, refilled).await;
        }
    }

    /// How long the client has had no request open.
    pub(super) fn idle_time(&self) -> Duration {
        if self.pending.load(Ordering::Relaxed) > 0 { Duration::ZERO } else { self.last_poll.lock().elapsed() }
    }
}

impl PendingPoll {
    /// The request was answered with the waiting packets.
    pub(super) fn answered(self) {
        self.0.used.store(0, Ordering::Relaxed);
        self.0.refilled.notify_waiters();
    }
}

impl Drop for PendingPoll {
    fn drop(&mut self) {
        *self.0.last_poll.lock() = Instant::now();
        self.0.pending.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_sent_a_bounded_number_of_bytes_for_each_request() {
        let budget = Arc::new(PollingBudget::new());
        let event = "x".repeat(1024 - PACKET_OVERHEAD - 1);
        assert!((0..24).all(|_| budget.take("e", &event)));
        assert!(!budget.take("e", &event));
        budget.give_back("e", &event);
        assert!(budget.take("e", &event), "what was not sent does not count");
        budget.poll().answered();
        assert!(budget.take("e", &"x".repeat(10 * BUDGET)), "an event larger than the budget is sent alone");
        assert!(!budget.take("e", ""));
    }

    #[test]
    fn a_client_whose_request_waits_for_an_answer_is_not_idle() {
        let budget = Arc::new(PollingBudget::new());
        let poll = budget.poll();
        *budget.last_poll.lock() = Instant::now() - Duration::from_secs(60);
        assert_eq!(budget.idle_time(), Duration::ZERO);
        drop(poll);
        assert!(budget.idle_time() < Duration::from_secs(1));
    }
}
