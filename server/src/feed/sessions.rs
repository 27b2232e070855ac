//! Which subscribers signed in with which dashboard session.
//!
//! Owns finding them when the session ends. Must not know whether a session is still valid: the store does.

use std::sync::Arc;

use dashmap::DashMap;

use super::subscriber::{Subscriber, SubscriberId};
use crate::auth::session::SessionId;

/// A subscriber, and the user whose room it is in.
pub(super) struct Entry {
    pub(super) user_id: Arc<str>,
    pub(super) subscriber: Subscriber,
}

#[derive(Default)]
pub(super) struct SessionIndex(DashMap<SessionId, Vec<Entry>>);

impl SessionIndex {
    /// A subscriber has signed in with a session.
    pub(super) fn insert(&self, session: SessionId, entry: Entry) {
        self.0.entry(session).or_default().push(entry);
    }

    /// A subscriber has disconnected.
    pub(super) fn remove(&self, session: SessionId, id: SubscriberId) {
        if let Some(mut entries) = self.0.get_mut(&session) {
            entries.retain(|entry| entry.subscriber.id() != id);
        }
        self.0.remove_if(&session, |_, entries| entries.is_empty());
    }

    /// A session has ended: removes and returns its subscribers.
    pub(super) fn take(&self, session: SessionId) -> Vec<Entry> {
        self.0.remove(&session).map(|(_, entries)| entries).unwrap_or_default()
    }

    /// The sessions that have subscribers.
    pub(super) fn all(&self) -> Vec<SessionId> {
        self.0.iter().map(|entry| *entry.key()).collect()
    }
}
