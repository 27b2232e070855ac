//! Who is there on the strength of a dashboard's session.
//!
//! Owns finding them when the session ends. Must not know whether it still holds: the store does.

use std::sync::Arc;

use dashmap::DashMap;
use socketioxide::extract::SocketRef;

use super::visit::MemberId;
use crate::auth::session::SessionId;

/// Somebody who is there on the strength of a session.
pub(super) enum Holder {
    Socket(SocketRef, MemberId),
    Stream(Arc<str>, MemberId),
}

impl Holder {
    fn id(&self) -> MemberId {
        match self {
            Self::Socket(_, id) | Self::Stream(_, id) => *id,
        }
    }
}

#[derive(Default)]
pub(super) struct Sessions(DashMap<SessionId, Vec<Holder>>);

impl Sessions {
    /// Somebody is there on the strength of a session, and goes when it ends.
    pub(super) fn enter(&self, session: SessionId, holder: Holder) {
        self.0.entry(session).or_default().push(holder);
    }

    /// Somebody has gone.
    pub(super) fn leave(&self, session: SessionId, id: MemberId) {
        if let Some(mut holders) = self.0.get_mut(&session) {
            holders.retain(|holder| holder.id() != id);
        }
        self.0.remove_if(&session, |_, holders| holders.is_empty());
    }

    /// A session has ended; who was there on the strength of it.
    pub(super) fn end(&self, session: SessionId) -> Vec<Holder> {
        self.0.remove(&session).map(|(_, holders)| holders).unwrap_or_default()
    }

    /// The sessions that somebody is there on the strength of.
    pub(super) fn held(&self) -> Vec<SessionId> {
        self.0.iter().map(|entry| *entry.key()).collect()
    }
}
