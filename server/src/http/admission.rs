//! How many connections of live clients start at the same time.
//!
//! Owns the queue in which their new connections wait. When thousands of clients reconnect at once, their tasks would
//! otherwise fill the runtime's queue, and the webhooks and the events of connected clients would wait behind them. A
//! permit lasts while a request is read and its handling starts, never while the server waits for the client. Must not
//! refuse a connection, nor delay any other request.

use tokio::sync::{Semaphore, SemaphorePermit};

/// The first bytes of live clients' requests.
const LIVE: [&[u8]; 2] = [b"GET /socket.io", b"GET /api/events"];

/// The permits to start.
pub(super) struct Admission(Semaphore);

impl Admission {
    /// Allows this many to start at the same time.
    pub(super) fn new(at_once: usize) -> Self {
        Self(Semaphore::new(at_once))
    }

    /// How many bytes of a request are needed to recognise a live client's.
    pub(super) const PEEKED: usize = 15;

    /// Waits for a permit, if the connection is a live client's; `None` for any other, which starts at once.
    pub(super) async fn admit(&self, first_bytes: &[u8]) -> Option<SemaphorePermit<'_>> {
        if LIVE.iter().any(|begin| first_bytes.starts_with(begin)) { self.0.acquire().await.ok() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn live_clients_wait_for_one_another_and_nobody_else_waits_for_them() {
        let admission = Admission::new(2);
        let mut begun = vec![];
        for _ in 0..2 {
            begun.push(admission.admit(b"GET /socket.io/").await.expect("a permit"));
        }
        for live in [&b"GET /socket.io/"[..], b"GET /api/events"] {
            assert!(admission.admit(live).now_or_never().is_none());
        }
        for other in [&b"POST /api/conne"[..], b"GET / HTTP/1.1", b"G", b"GET /socket"] {
            assert!(admission.admit(other).now_or_never().expect("at once").is_none());
        }
        begun.pop();
        assert!(admission.admit(b"GET /api/events").now_or_never().expect("at once").is_some());
    }

    #[test]
    fn enough_of_a_request_is_read() {
        assert!(LIVE.iter().all(|begin| begin.len() <= Admission::PEEKED));
    }
}
