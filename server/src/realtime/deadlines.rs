//! When something must have happened to a socket.
//!
//! Owns one queue of deadlines for all sockets, and the one task that waits for the next of them: a
//! timer for each socket would cost each of them memory. Must not know what a deadline is for.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use socketioxide::extract::SocketRef;
use socketioxide::socket::Sid;
use tokio::sync::Notify;
use tokio::time::Instant;

#[derive(Default)]
pub(super) struct Deadlines {
    queue: Mutex<BTreeMap<(Instant, Sid), SocketRef>>,
    earlier: Notify,
}

impl Deadlines {
    /// Sets a socket's deadline.
    pub(super) fn set(&self, at: Instant, socket: SocketRef) {
        let mut queue = self.queue.lock();
        let is_next = queue.first_key_value().is_none_or(|((next, _), _)| at < *next);
        queue.insert((at, socket.id), socket);
        drop(queue);
        if is_next {
            self.earlier.notify_one();
        }
    }

    /// Takes a socket's deadline back.
    pub(super) fn clear(&self, at: Instant, sid: Sid) {
        self.queue.lock().remove(&(at, sid));
    }

    /// The next socket whose deadline has passed; waits for it.
    pub(super) async fn next(&self) -> SocketRef {
        loop {
            let next = self.queue.lock().first_key_value().map(|((at, _), _)| *at);
            match next {
                Some(at) if at <= Instant::now() => {
                    if let Some((_, socket)) = self.queue.lock().pop_first() {
                        return socket;
                    }
                }
                Some(at) => tokio::select! {
                    () = tokio::time::sleep_until(at) => {}
                    () = self.earlier.notified() => {}
                },
                None => self.earlier.notified().await,
            }
        }
    }
}
