//! Where a member of a room takes its events: a Socket.IO socket, or a stream of Server-Sent Events.
//!
//! Owns handing over one event without waiting. Must not know rooms.

use std::sync::Arc;
use std::time::Duration;

use socketioxide::TransportType;
use socketioxide::extract::SocketRef;
use tokio::sync::mpsc;

use super::visit::{MemberId, Visit};
use crate::store::FeedEvent;

/// A way to one member.
#[derive(Clone)]
pub(crate) enum Outlet {
    Socket(SocketRef, Arc<Visit>),
    Stream(MemberId, mpsc::Sender<FeedEvent>),
}

impl Outlet {
    pub(super) fn id(&self) -> MemberId {
        match self {
            Self::Socket(_, visit) => visit.id,
            Self::Stream(id, _) => *id,
        }
    }

    /// Hands over an event; false where there is no room for it now, or nobody to take it.
    pub(super) fn give(&self, event: &FeedEvent) -> bool {
        match self {
            Self::Socket(socket, visit) => {
                let is_polling = socket.transport_type() == TransportType::Polling;
                (!is_polling || visit.polls.take(event.name, event.payload.get()))
                    && socket.emit(event.name, &*event.payload).is_ok()
            }
            Self::Stream(_, sender) => sender.try_send(event.clone()).is_ok(),
        }
    }

    /// Waits for room, for so long at most: most buffers say nothing when they empty.
    pub(super) async fn wait(&self, pause: Duration) {
        match self {
            Self::Socket(socket, visit) if socket.transport_type() == TransportType::Polling => {
                visit.polls.wait(pause).await;
            }
            _ => tokio::time::sleep(pause).await,
        }
    }

    /// Whether there is still somebody to take it.
    pub(super) fn is_open(&self) -> bool {
        match self {
            Self::Socket(socket, _) => socket.connected(),
            Self::Stream(_, sender) => !sender.is_closed(),
        }
    }
}
