//! The bus between nodes: every node receives the messages of every node.
//!
//! Owns the kinds of messages and their order: messages arrive in the order of their publication. Must not act on a
//! message (the receiving [`Feed`](super::Feed) does), nor block: commits are published from the store's writer thread.
//!
//! [`LocalBus`] passes messages on within the process. Wake-ups tell other nodes what they need to know of them.

use tokio::sync::mpsc;

use crate::auth::session::SessionId;
use crate::store::FeedEvent;

/// A message to all nodes, including the one that publishes it.
#[derive(Debug)]
pub enum Message {
    /// The events of one commit, in the order of the log.
    Committed(Vec<FeedEvent>),
    /// An instruction concerning connected clients.
    Control(Control),
}

/// An instruction concerning connected clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// A dashboard session has ended: disconnect the sockets and streams that signed in with it.
    SessionEnded(SessionId),
}

/// Publishes messages to all nodes.
pub trait Bus: Send + Sync {
    /// Publishes a message without waiting for its delivery.
    fn publish(&self, message: Message);
}

/// A bus within this process. A cheap handle.
#[derive(Clone)]
pub struct LocalBus(mpsc::UnboundedSender<Message>);

impl LocalBus {
    /// A bus and its receiving end.
    pub fn new() -> (Self, mpsc::UnboundedReceiver<Message>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self(sender), receiver)
    }
}

impl Bus for LocalBus {
    fn publish(&self, message: Message) {
        // The receiver is dropped only when the server stops.
        let _ = self.0.send(message);
    }
}
