//! Whether the server still answers.
//!
//! Owns when to probe the server, and the meaning of a missing answer: at first that the state is unknown, later that
//! the connection is dead. Only the server sends heartbeats, and seldom: a client that probes finds out sooner that the
//! server has stopped. Anything that arrives is an answer. Must not send, nor know a clock.

use crate::deadline::Deadline;
use crate::options::Probe;

/// The action after a silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    /// Send a probe.
    Ask,
    /// Report that the server does not answer.
    Silent,
    /// Give the connection up.
    Dead,
}

#[derive(Clone, Debug)]
pub(super) struct Watch {
    heard_at: u64,
    /// The two deadlines for an answer: for reporting silence, and for giving up.
    asked: Option<(Deadline, Deadline)>,
    silent: bool,
}

impl Watch {
    pub(super) fn new(now_ms: u64) -> Self {
        Self { heard_at: now_ms, asked: None, silent: false }
    }

    /// Something arrived; `true` if the server had been reported silent.
    pub(super) fn heard(&mut self, now_ms: u64) -> bool {
        (self.heard_at, self.asked) = (now_ms, None);
        std::mem::take(&mut self.silent)
    }

    /// The page is hidden for a while: an earlier probe means nothing afterwards.
    pub(super) fn rest(&mut self) {
        self.asked = None;
    }

    /// The action that is due now, if any.
    pub(super) fn look(&mut self, probe: &Probe, now_ms: u64) -> Option<Finding> {
        match self.asked {
            None if Deadline::after(probe.quiet.into(), self.heard_at).is_over(now_ms) => {
                let until = |ms: u32| Deadline::after(ms.into(), now_ms);
                self.asked = Some((until(probe.timeout), until(probe.give_up)));
                Some(Finding::Ask)
            }
            Some((_, give_up)) if give_up.is_over(now_ms) => Some(Finding::Dead),
            Some((timeout, _)) if !self.silent && timeout.is_over(now_ms) => {
                self.silent = true;
                Some(Finding::Silent)
            }
            _ => None,
        }
    }

    /// When to check again.
    pub(super) fn deadline(&self, probe: &Probe) -> u64 {
        match self.asked {
            None => self.heard_at.saturating_add(probe.quiet.into()),
            Some((timeout, _)) if !self.silent => timeout.at_ms(),
            Some((_, give_up)) => give_up.at_ms(),
        }
    }
}
