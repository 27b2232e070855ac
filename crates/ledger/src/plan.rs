//! The result of applying changes.
//!
//! Owns the result that a store writes in one unit of work. Must not decide anything.

use crate::event::Event;
use crate::outgoing::Outgoing;
use crate::state::State;

/// The result of applying changes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// The new state; entries that have to be written are marked.
    pub state: State,
    /// The user's next events, in order and without gaps.
    pub events: Vec<Event>,
    /// The calls to the core app, in order.
    pub outgoing: Vec<Outgoing>,
    /// How many transactions were affected.
    pub applied: Applied,
}

/// How many transactions changes affected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// The number of new transactions.
    pub new: u32,
    /// The number of changed and deleted transactions.
    pub updated: u32,
    /// The number of reports that were older than the stored state, and were skipped.
    pub stale: u32,
}

impl Applied {
    /// The number of new, changed and deleted transactions.
    pub fn changed(self) -> u32 {
        self.new + self.updated
    }
}

impl std::ops::AddAssign for Applied {
    fn add_assign(&mut self, more: Self) {
        self.new += more.new;
        self.updated += more.updated;
        self.stale += more.stale;
    }
}
