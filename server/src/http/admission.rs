//! How many live clients begin at the same time.
//!
//! Owns the queue in which their new connections wait. When thousands of clients come back at once, their tasks would
//! otherwise fill the runtime's queue, and each webhook and each event of those who stayed would wait behind all of them.
//! A permit lasts while a request is read
//! and begun, never while a client is waited for. Must not refuse anybody, nor hold up any other request.

use tokio::sync::{Semaphore, SemaphorePermit};

/// What the requests of live clients begin with.
const LIVE: [&[u8]; 2] = [b"GET /socket.io", b"GET /api/events"];

/// The permits to begin.
pub(super) struct Admission(Semaphore);

impl Admission {
    /// Permits for this many at the same time.
    pub(super) fn new(at_once: usize) -> Self {
        Self(Semaphore::new(at_once))
    }

    /// How many bytes of a request say whether it is a live client's.
    pub(super) const PEEKED: usize = 15;

    /// A permit to begin for a live client's connection, when there is one; nothing for any other, which begins at once.
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
