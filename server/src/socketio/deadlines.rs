//! Deadlines of sockets.
//!
//! Owns one queue for all sockets, and waiting for its next deadline. A timer for each socket would use more memory.
//! Must not know what a deadline is for.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use socketioxide::extract::SocketRef;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::feed::SubscriberId;

#[derive(Default)]
pub(super) struct Deadlines {
    queue: Mutex<BTreeMap<(Instant, SubscriberId), SocketRef>>,
    earlier: Notify,
}

impl Deadlines {
    /// Sets a socket's deadline.
    pub(super) fn set(&self, at: Instant, id: SubscriberId, socket: SocketRef) {
        let mut queue = self.queue.lock();
        let is_next = queue.first_key_value().is_none_or(|((next, _), _)| at < *next);
        queue.insert((at, id), socket);
        drop(queue);
        if is_next {
            self.earlier.notify_one();
        }
    }

    /// Removes a socket's deadline.
    pub(super) fn clear(&self, at: Instant, id: SubscriberId) {
        self.queue.lock().remove(&(at, id));
    }

    /// Waits for the next socket whose deadline passes.
    pub(super) async fn next(&self) -> SocketRef {
        loop {
            match self.passed() {
                Ok(socket) => return socket,
                Err(Some(at)) => tokio::select! {
                    () = tokio::time::sleep_until(at) => {}
                    () = self.earlier.notified() => {}
                },
                Err(None) => self.earlier.notified().await,
            }
        }
    }

    /// A socket whose deadline has passed, else the time of the next deadline.
    fn passed(&self) -> Result<SocketRef, Option<Instant>> {
        let mut queue = self.queue.lock();
        match queue.first_entry() {
            Some(first) if first.key().0 <= Instant::now() => Ok(first.remove()),
            Some(first) => Err(Some(first.key().0)),
            None => Err(None),
        }
    }
}
