//! Where a member of a room takes its events: a Socket.IO socket, or a stream of Server-Sent Events.
//!
//! Owns handing over one event without waiting. Must not know rooms.

use socketioxide::extract::SocketRef;
use socketioxide::socket::Sid;
use tokio::sync::mpsc;

use crate::store::FeedEvent;

/// Tells one member from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MemberId {
    Socket(Sid),
    Stream(uuid::Uuid),
}

/// A way to one member.
#[derive(Clone)]
pub(crate) enum Outlet {
    Socket(SocketRef),
    Stream(uuid::Uuid, mpsc::Sender<FeedEvent>),
}

impl Outlet {
    pub(super) fn id(&self) -> MemberId {
        match self {
            Self::Socket(socket) => MemberId::Socket(socket.id),
            Self::Stream(id, _) => MemberId::Stream(*id),
        }
    }

    /// Hands over an event; false where there is no room for it now, or nobody to take it.
    pub(super) fn give(&self, event: &FeedEvent) -> bool {
        match self {
            Self::Socket(socket) => socket.emit(event.name, &*event.payload).is_ok(),
            Self::Stream(_, sender) => sender.try_send(event.clone()).is_ok(),
        }
    }

    /// Ends it. A stream ends when its room drops it.
    pub(super) fn close(&self) {
        if let Self::Socket(socket) = self {
            let _ = socket.clone().disconnect();
        }
    }

    /// Whether there is still somebody to take it.
    pub(super) fn is_open(&self) -> bool {
        match self {
            Self::Socket(socket) => socket.connected(),
            Self::Stream(_, sender) => !sender.is_closed(),
        }
    }
}
