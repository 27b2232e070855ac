//! The bus of a node that may have other nodes.
//!
//! Owns which messages are passed on to the other nodes from here. Must not report commits: the sink for commits does,
//! which knows when they are made.

use super::Outgoing;
use crate::feed::{Bus, Control, LocalBus, Message};

/// A bus whose instructions also reach the other nodes.
pub struct NodesBus {
    local: LocalBus,
    others: Outgoing,
}

impl NodesBus {
    /// Combines this node's bus and the wake-ups for the others.
    pub fn new(local: LocalBus, others: Outgoing) -> Self {
        Self { local, others }
    }
}

impl Bus for NodesBus {
    fn publish(&self, message: Message) {
        if let Message::Control(Control::SessionEnded(session)) = &message {
            self.others.session_ended(*session);
        }
        self.local.publish(message);
    }
}
