//! The bus of a node that may have others beside it.
//!
//! Owns which messages the other nodes are told of here. Must not tell of commits: the sink for commits does, which knows when
//! they are made.

use super::Outgoing;
use crate::feed::{Bus, Control, LocalBus, Message};

/// A bus whose instructions reach the other nodes as well.
pub struct NodesBus {
    local: LocalBus,
    others: Outgoing,
}

impl NodesBus {
    /// A bus over this node's own and the wake-ups of the others.
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
