//! A user's events as a stream: what Server-Sent Events are made of.
//!
//! Owns that a stream is a member of the room like a socket, with the same limit and the same replay,
//! and leaves when it is dropped. Must not know HTTP.

use std::sync::Arc;

use tokio::sync::mpsc;
use wire::ErrorCode;

use super::Gate;
use super::hub::Full;
use super::outlet::Outlet;
use super::resume;
use super::sessions::Holder;
use super::visit::MemberId;
use crate::auth::Identity;
use crate::auth::session::SessionId;
use crate::store::{self, FeedEvent};

/// How many events may wait for a reader; beyond, it is brought up from the log.
const BUFFER: usize = 128;

/// Why there is no stream.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The user has as many sockets and streams as are allowed.
    #[error("{}", ErrorCode::ConnectionLimit.message())]
    Full,
    /// The log could not be read.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// A member of a user's room.
pub struct Subscription {
    gate: Arc<Gate>,
    user_id: Arc<str>,
    session: Option<SessionId>,
    id: MemberId,
    events: mpsc::Receiver<FeedEvent>,
    newest: u64,
}

impl Subscription {
    /// Joins the user's room; with `since` what was missed comes first.
    pub async fn start(gate: Arc<Gate>, identity: &Identity, since: Option<u64>) -> Result<Self, Error> {
        let user_id: Arc<str> = Arc::from(identity.user_id.as_str());
        let (sender, events) = mpsc::channel(BUFFER);
        let (id, session) = (MemberId::new(), identity.session);
        let outlet = Outlet::Stream(id, sender);
        gate.hub.join(&user_id, &outlet).map_err(|Full| Error::Full)?;
        if let Some(session) = session {
            gate.sessions.enter(session, Holder::Stream(Arc::clone(&user_id), id));
        }
        let (hub, store) = (Arc::clone(&gate.hub), Arc::clone(&gate.store));
        // From here on it leaves by being dropped.
        let mut subscription = Self { gate, user_id: Arc::clone(&user_id), session, id, events, newest: 0 };
        let ends = store.log_ends(Arc::clone(&user_id)).await?;
        subscription.newest = ends.newest;
        resume::begin(&store, &hub, &user_id, outlet, since, ends);
        Ok(subscription)
    }

    /// The user's newest event number when it began: without `since`, it brings everything after that.
    pub fn newest(&self) -> u64 {
        self.newest
    }

    /// The next event; nothing where it was cut off for reading too slowly, or its
    /// session has ended.
    pub async fn next(&mut self) -> Option<FeedEvent> {
        self.events.recv().await
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.gate.hub.leave(&self.user_id, self.id);
        if let Some(session) = self.session {
            self.gate.sessions.leave(session, self.id);
        }
    }
}
