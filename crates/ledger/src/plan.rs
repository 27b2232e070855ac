//! What changes come to.
//!
//! Owns the result that a store writes in one unit of work. Must not decide anything.

use crate::event::Event;
use crate::outgoing::Outgoing;
use crate::state::State;

/// What changes come to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// What is stored from now on; what has to be written is marked.
    pub state: State,
    /// The user's next events, in order and without gaps.
    pub events: Vec<Event>,
    /// What the core app is sent, in order.
    pub outgoing: Vec<Outgoing>,
    /// How much it was.
    pub applied: Applied,
}

/// How many transactions changes came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// So many were new.
    pub new: u32,
    /// So many had changed or were deleted.
    pub updated: u32,
    /// So many reports were older than what is stored, and were left out.
    pub stale: u32,
}

impl Applied {
    /// How many transactions are not what they were.
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
