//! A socket as a subscriber of the feed.
//!
//! Owns how an event is sent to a socket, and how the feed disconnects one. Must not know rooms.

use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::future::BoxFuture;
use socketioxide::TransportType;
use socketioxide::extract::SocketRef;
use wire::ErrorCode;

use super::connections::ConnectionManager;
use super::socket_session::SocketSession;
use crate::feed::{CloseReason, EventSink, Subscriber};
use crate::store::FeedEvent;

struct SocketSink {
    socket: SocketRef,
    session: Arc<SocketSession>,
    /// Weak, because of the cycle: the connections hold the feed, which holds its subscribers.
    connections: Weak<ConnectionManager>,
}

/// The subscriber of a socket session.
pub(super) fn subscriber(
    socket: &SocketRef,
    session: &Arc<SocketSession>,
    connections: &Arc<ConnectionManager>,
) -> Subscriber {
    let (socket, connections) = (socket.clone(), Arc::downgrade(connections));
    Subscriber::new(session.id, Arc::new(SocketSink { socket, session: Arc::clone(session), connections }))
}

impl SocketSink {
    fn is_polling(&self) -> bool {
        self.socket.transport_type() == TransportType::Polling
    }
}

impl EventSink for SocketSink {
    fn try_send(&self, event: &FeedEvent) -> bool {
        let (polling, payload) = (self.is_polling().then_some(&self.session.polling), event.payload.get());
        if polling.is_some_and(|budget| !budget.take(event.name, payload)) {
            return false;
        }
        let is_sent = self.socket.emit(event.name, &*event.payload).is_ok();
        if let Some(budget) = polling.filter(|_| !is_sent) {
            budget.give_back(event.name, payload);
        }
        is_sent
    }

    fn ready(&self, timeout: Duration) -> BoxFuture<'_, ()> {
        if self.is_polling() {
            Box::pin(self.session.polling.refilled(timeout))
        } else {
            // The engine does not report when its buffer has space again.
            Box::pin(tokio::time::sleep(timeout))
        }
    }

    fn is_connected(&self) -> bool {
        self.socket.connected()
    }

    fn close(&self, reason: CloseReason) {
        let Some(connections) = self.connections.upgrade() else { return };
        match reason {
            CloseReason::SessionEnded => connections.disconnect(&self.socket, &ErrorCode::TokenExpired.into()),
            CloseReason::Lagging => connections.transports().abort_socket(&self.socket),
            CloseReason::SlotLost => connections.abort_to_resume(&self.socket),
        }
    }
}
