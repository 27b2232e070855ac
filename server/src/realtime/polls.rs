//! What a client that polls is given between two of its requests.
//!
//! Owns a bound on that. The engine (engineioxide 0.17.9) stops an answer at 100 kB, keeps the packet that
//! did not fit beside its queue, and forgets it when the client moves to a WebSocket at that moment; and
//! where its queue is full, that move waits for room which no request makes. With less than that given at
//! a time neither happens. Must not know what is given.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::Notify;

/// How many bytes wait for a request at most. What is given while an answer is on its way counts for the one
/// before, so that twice as much can be in the queue; together with one event that is larger than all of it
/// (no event has 40 kB) that is below the 100 kB at which an answer is cut.
const ROOM: usize = 24 * 1024;
/// What a packet has around its event's name and payload: `42["",],` and a separator, with room to spare for
/// the older protocol.
const FRAME: usize = 16;

/// The requests of one polling session.
#[derive(Debug)]
pub(super) struct Polls {
    given: AtomicUsize,
    /// How many requests wait for an answer.
    asking: AtomicUsize,
    /// When the last one was answered, or came in.
    asked: Mutex<Instant>,
    emptied: Notify,
}

/// A request that waits for its answer, or is given up.
#[derive(Debug)]
pub(super) struct Asking(Arc<Polls>);

impl Polls {
    pub(super) fn new() -> Self {
        Self {
            given: AtomicUsize::new(0),
            asking: AtomicUsize::new(0),
            asked: Mutex::new(Instant::now()),
            emptied: Notify::new(),
        }
    }

    /// Counts an event, if there is room for it. One that is too large for any room is taken alone.
    pub(super) fn take(&self, name: &str, payload: &str) -> bool {
        let size = name.len() + payload.len() + FRAME;
        let has_room = |given: usize| (given == 0 || given + size <= ROOM).then_some(given + size);
        self.given.fetch_update(Ordering::Relaxed, Ordering::Relaxed, has_room).is_ok()
    }

    /// A request has come in.
    pub(super) fn ask(self: &Arc<Self>) -> Asking {
        self.asking.fetch_add(1, Ordering::Relaxed);
        *self.asked.lock() = Instant::now();
        Asking(Arc::clone(self))
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
        if self.asking.load(Ordering::Relaxed) > 0 { Duration::ZERO } else { self.asked.lock().elapsed() }
    }
}

impl Asking {
    /// It is answered with what there was.
    pub(super) fn answered(self) {
        self.0.given.store(0, Ordering::Relaxed);
        self.0.emptied.notify_waiters();
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        *self.0.asked.lock() = Instant::now();
        self.0.asking.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_given_a_bounded_number_of_bytes_for_each_request() {
        let polls = Arc::new(Polls::new());
        let event = "x".repeat(1024 - FRAME - 1);
        assert!((0..24).all(|_| polls.take("e", &event)));
        assert!(!polls.take("e", &event));
        polls.ask().answered();
        assert!(polls.take("e", &"x".repeat(10 * ROOM)), "what is too large for any room is taken alone");
        assert!(!polls.take("e", ""));
    }

    #[test]
    fn nobody_is_silent_whose_request_waits_for_an_answer() {
        let polls = Arc::new(Polls::new());
        let asking = polls.ask();
        *polls.asked.lock() = Instant::now() - Duration::from_secs(60);
        assert_eq!(polls.silence(), Duration::ZERO);
        drop(asking);
        assert!(polls.silence() < Duration::from_secs(1));
    }
}
