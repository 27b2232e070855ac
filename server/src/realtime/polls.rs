//! What a client that polls is given between two of its requests.
//!
//! Owns a bound on that. The engine (engineioxide 0.17.9) stops an answer at 100 kB, keeps the packet that
//! did not fit beside its queue, and forgets it when the client moves to a WebSocket at that moment; and
//! where its queue is full, that move waits for room which no request makes. With less than that given at
//! a time neither happens. Must not know what is given.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::Notify;

/// How many bytes of events wait for a request at most: what is given while an answer is on its way counts
/// for the one before, so that twice as much can be in the queue.
const ROOM: usize = 48 * 1024;

/// The requests of one polling session.
#[derive(Debug)]
pub(super) struct Polls {
    given: AtomicUsize,
    /// When its last request came in.
    asked: Mutex<Instant>,
    emptied: Notify,
}

impl Polls {
    pub(super) fn new() -> Self {
        Self { given: AtomicUsize::new(0), asked: Mutex::new(Instant::now()), emptied: Notify::new() }
    }

    /// Counts something of this size, if there is room for it. Something too large for any room is taken alone.
    pub(super) fn take(&self, size: usize) -> bool {
        let has_room = |given: usize| (given == 0 || given + size <= ROOM).then_some(given + size);
        self.given.fetch_update(Ordering::Relaxed, Ordering::Relaxed, has_room).is_ok()
    }

    /// A request has come in.
    pub(super) fn ask(&self) {
        *self.asked.lock() = Instant::now();
    }

    /// A request has been answered with all that was there.
    pub(super) fn empty(&self) {
        self.given.store(0, Ordering::Relaxed);
        self.emptied.notify_waiters();
    }

    /// Waits until there is room again, or for so long.
    pub(super) async fn wait(&self, pause: Duration) {
        let emptied = self.emptied.notified();
        if self.given.load(Ordering::Relaxed) > 0 {
            let _ = tokio::time::timeout(pause, emptied).await;
        }
    }

    /// For how long nobody has asked.
    pub(super) fn silence(&self) -> Duration {
        self.asked.lock().elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_given_a_bounded_number_of_bytes_for_each_request() {
        let polls = Polls::new();
        assert!((0..48).all(|_| polls.take(1024)));
        assert!(!polls.take(1024));
        polls.empty();
        assert!(polls.take(10 * ROOM), "what is too large for any room is taken alone");
        assert!(!polls.take(1));
    }
}
