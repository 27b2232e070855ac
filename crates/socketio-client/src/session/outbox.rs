//! Outgoing messages.
//!
//! Owns the packets that wait for a connection and those that wait for an acknowledgement. Must not send: it returns
//! frames when called.

use std::collections::VecDeque;

use crate::socket::Acks;

/// A frame that waits for a connection.
#[derive(Clone, Debug)]
pub(super) struct Queued {
    pub(super) frame: String,
    pub(super) ack: Option<u64>,
}

/// The queue, bounded, and the open acknowledgements.
#[derive(Clone, Debug)]
pub(super) struct Outbox {
    queue: VecDeque<Queued>,
    limit: usize,
    pub(super) acks: Acks,
}

impl Outbox {
    pub(super) fn new(limit: usize) -> Self {
        Self { queue: VecDeque::new(), limit, acks: Acks::default() }
    }

    pub(super) fn is_full(&self) -> bool {
        self.queue.len() >= self.limit
    }

    pub(super) fn push(&mut self, queued: Queued) {
        self.queue.push_back(queued);
    }

    pub(super) fn pop(&mut self) -> Option<Queued> {
        self.queue.pop_front()
    }

    /// The acknowledgements that can no longer arrive because the connection is gone. Packets that were not sent yet
    /// keep waiting.
    pub(super) fn abandon_sent(&mut self) -> Vec<u64> {
        let queue = &self.queue;
        self.acks.abandon(|id| !queue.iter().any(|queued| queued.ack == Some(id)))
    }

    /// The acknowledgements that did not arrive in time. A packet that was not sent yet is dropped: its sender has been
    /// notified of the failure.
    pub(super) fn expire(&mut self, now_ms: u64) -> Vec<u64> {
        let expired = self.acks.expire(now_ms);
        if !expired.is_empty() {
            self.queue.retain(|queued| queued.ack.is_none_or(|id| !expired.contains(&id)));
        }
        expired
    }
}
