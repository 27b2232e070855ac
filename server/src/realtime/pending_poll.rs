//! A request of a polling client, from its arrival to its answer.
//!
//! Owns noticing that it is cut off before it is answered: its client has closed its page or lost its connection, and
//! what was on its way may be lost. Must not decide what becomes of the session: [`Gate`] does.

use std::sync::Arc;

use socketioxide::socket::Sid;

use super::Gate;
use super::polls::Asking;

/// A request that waits for its answer.
pub struct PendingPoll {
    gate: Arc<Gate>,
    sid: Sid,
    asking: Option<Asking>,
    is_answered: bool,
}

impl PendingPoll {
    /// A request of a session has come in.
    pub fn begin(gate: &Arc<Gate>, sid: Sid) -> Self {
        Self { gate: Arc::clone(gate), sid, asking: gate.hub.lines().ask(sid), is_answered: false }
    }

    /// It is answered; `brings_packets`: with what there was.
    pub fn answered(mut self, brings_packets: bool) {
        self.is_answered = true;
        if let Some(asking) = self.asking.take().filter(|_| brings_packets) {
            asking.answered();
        }
    }
}

impl Drop for PendingPoll {
    fn drop(&mut self) {
        if !self.is_answered {
            self.gate.abandoned(self.sid);
        }
    }
}
