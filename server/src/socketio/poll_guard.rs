//! A polling request, from its arrival to its answer.
//!
//! Owns detecting that a client disconnects before its request is answered: the page was closed or the connection lost,
//! and packets in flight may be lost. Must not decide what happens to the session: [`ConnectionManager`] does.

use std::sync::Arc;

use socketioxide::socket::Sid;

use super::connections::ConnectionManager;
use super::polling::PendingPoll;

/// A request that waits for its answer.
pub struct PollGuard {
    connections: Arc<ConnectionManager>,
    sid: Sid,
    poll: Option<PendingPoll>,
    is_answered: bool,
}

impl PollGuard {
    /// A request of a session has arrived.
    pub fn new(connections: &Arc<ConnectionManager>, sid: Sid) -> Self {
        let poll = connections.transports().poll(sid);
        Self { connections: Arc::clone(connections), sid, poll, is_answered: false }
    }

    /// The request was answered; `has_packets` says whether the answer carries the waiting packets.
    pub fn answered(mut self, has_packets: bool) {
        self.is_answered = true;
        if let Some(poll) = self.poll.take().filter(|_| has_packets) {
            poll.answered();
        }
    }
}

impl Drop for PollGuard {
    fn drop(&mut self) {
        if !self.is_answered {
            self.connections.poll_aborted(self.sid);
        }
    }
}
