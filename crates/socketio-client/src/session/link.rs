//! One connection, from the attempt to the loss.
//!
//! Owns the two protocol machines and the deadlines of this one connection. Must not know the connections before or
//! after it.

use super::watch::{Finding, Watch};
use crate::deadline::Deadline;
use crate::engine::{Engine, Step, TransportEvent};
use crate::options::Probe;
use crate::socket::{Incoming, Socket};
use crate::{CloseReason, Error};

/// The effect of a transport's report.
#[derive(Debug)]
pub(super) enum Turn {
    /// The engine is open: join the namespace.
    Join,
    /// A frame to send back.
    Reply(String),
    /// Something from the namespace.
    Incoming(Incoming),
    /// The connection is over.
    Over(CloseReason),
}

#[derive(Debug)]
pub(super) struct Link {
    engine: Engine,
    socket: Socket,
    handshake_deadline: Deadline,
    /// When the owner must have declared it ready, unless it has.
    ready_deadline: Option<Deadline>,
    /// When events began to flow.
    pub(super) live_since: Option<u64>,
    /// When it was declared ready.
    pub(super) ready_since: Option<u64>,
    /// Watches whether the server still answers, once the connection is ready.
    watch: Option<Watch>,
}

impl Link {
    pub(super) fn new(namespace: &str, handshake_deadline: Deadline) -> Self {
        Self {
            engine: Engine::default(),
            socket: Socket::new(namespace),
            handshake_deadline,
            ready_deadline: None,
            live_since: None,
            ready_since: None,
            watch: None,
        }
    }

    /// The namespace is joined.
    pub(super) fn go_live(&mut self, now_ms: u64, ready_timeout: Option<u32>) {
        self.live_since = Some(now_ms);
        match ready_timeout {
            Some(timeout) => self.ready_deadline = Some(Deadline::after(timeout.into(), now_ms)),
            None => self.serve(now_ms),
        }
    }

    /// The owner declares it ready; only the first time counts.
    pub(super) fn ready(&mut self, now_ms: u64) {
        if self.ready_deadline.take().is_some() {
            self.serve(now_ms);
        }
    }

    fn serve(&mut self, now_ms: u64) {
        self.ready_since = Some(now_ms);
        self.watch = Some(Watch::new(now_ms));
    }

    /// Something arrived; `true` if the server had been reported silent.
    pub(super) fn heard(&mut self, now_ms: u64) -> bool {
        self.watch.as_mut().is_some_and(|watch| watch.heard(now_ms))
    }

    /// The page is hidden for a while.
    pub(super) fn rest(&mut self) {
        if let Some(watch) = &mut self.watch {
            watch.rest();
        }
    }

    /// The action that the server's silence requires.
    pub(super) fn look(&mut self, probe: &Probe, now_ms: u64) -> Option<Finding> {
        self.watch.as_mut()?.look(probe, now_ms)
    }

    /// When to check for silence again.
    pub(super) fn probe_at(&self, probe: &Probe) -> Option<u64> {
        self.watch.as_ref().map(|watch| watch.deadline(probe))
    }

    pub(super) fn on_event(&mut self, now_ms: u64, event: TransportEvent) -> Result<Turn, Error> {
        match event {
            TransportEvent::Text(frame) => self.on_text(now_ms, &frame),
            TransportEvent::Binary(data) => {
                self.engine.on_binary(now_ms)?;
                self.socket.on_binary(data).map(Turn::Incoming)
            }
            TransportEvent::Closed => Ok(Turn::Over(CloseReason::TransportClosed)),
            TransportEvent::Failed => Ok(Turn::Over(CloseReason::TransportError)),
        }
    }

    fn on_text(&mut self, now_ms: u64, frame: &str) -> Result<Turn, Error> {
        Ok(match self.engine.on_text(now_ms, frame)? {
            Step::Opened => Turn::Join,
            Step::Message(message) => Turn::Incoming(self.socket.on_message(message)?),
            Step::Reply(frame) => Turn::Reply(frame),
            Step::Closed => Turn::Over(CloseReason::TransportClosed),
            Step::Nothing => Turn::Incoming(Incoming::Nothing),
        })
    }

    /// Why the connection is dead now, if it is.
    pub(super) fn overdue(&self, now_ms: u64) -> Option<CloseReason> {
        if self.live_since.is_none() && self.handshake_deadline.is_over(now_ms) {
            return Some(CloseReason::HandshakeTimeout);
        }
        if self.ready_deadline.is_some_and(|deadline| deadline.is_over(now_ms)) {
            return Some(CloseReason::NotReady);
        }
        self.engine.deadline().filter(|deadline| deadline.is_over(now_ms)).map(|_| CloseReason::PingTimeout)
    }

    /// When to check again whether it is dead.
    pub(super) fn deadline(&self) -> Option<u64> {
        let handshake = self.live_since.is_none().then_some(self.handshake_deadline);
        [handshake, self.ready_deadline, self.engine.deadline()].into_iter().flatten().map(Deadline::at_ms).min()
    }

    /// Whether the server would close the connection because of a frame of this size.
    pub(super) fn is_too_large(&self, frame: &str) -> bool {
        self.engine.max_payload().is_some_and(|max| frame.len() as u64 > max)
    }
}
