//! What is known of each connected socket.
//!
//! Owns whether it has signed in, as whom and until when, and closes those that did not in time.
//! Must not check a token: [`super::sign_in`] does.

use std::sync::Arc;
use std::time::Duration;

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use jiff::Timestamp;
use socketioxide::extract::SocketRef;
use socketioxide::socket::Sid;
use tokio::time::Instant;
use wire::ErrorCode;
use wire::error::SocketError;
use wire::events;

use super::Hub;
use super::deadlines::Deadlines;
use super::outlet::MemberId;
use crate::auth::Identity;
use crate::auth::session::SessionId;
use crate::auth::token::{LEEWAY_SECONDS, TokenVerifier};
use crate::clock::Clock;
use crate::store::Store;

/// The sockets of this node and what lets them in.
pub struct Gate {
    pub(super) hub: Arc<Hub>,
    pub(super) store: Arc<dyn Store>,
    pub(super) tokens: Arc<TokenVerifier>,
    pub(super) clock: Clock,
    pub(super) limit: u32,
    auth_timeout: Duration,
    sockets: DashMap<Sid, Visitor>,
    /// The sockets that signed in with a dashboard's session.
    sessions: DashMap<SessionId, Vec<SocketRef>>,
    deadlines: Deadlines,
}

struct Visitor {
    user: Option<(Arc<str>, Timestamp)>,
    session: Option<SessionId>,
    deadline: Instant,
}

impl Gate {
    /// A gate in front of `hub`.
    pub fn new(
        hub: Arc<Hub>,
        store: Arc<dyn Store>,
        tokens: Arc<TokenVerifier>,
        clock: Clock,
        limit: u32,
        auth_timeout: Duration,
    ) -> Self {
        Self {
            hub,
            store,
            tokens,
            clock,
            limit,
            auth_timeout,
            sockets: DashMap::new(),
            sessions: DashMap::new(),
            deadlines: Deadlines::default(),
        }
    }

    /// Closes the sockets whose deadline has passed; runs as long as the server does.
    pub async fn watch(&self) {
        loop {
            let socket = self.deadlines.next().await;
            self.on_deadline(&socket);
        }
    }

    /// How many sockets are connected.
    pub fn connected(&self) -> usize {
        self.sockets.len()
    }

    /// A socket is connecting: it has so long to sign in.
    pub(super) fn open(&self, socket: &SocketRef) {
        let deadline = Instant::now() + self.auth_timeout;
        self.sockets.insert(socket.id, Visitor { user: None, session: None, deadline });
        self.deadlines.set(deadline, socket.clone());
    }

    /// A socket has gone.
    pub(super) fn close(&self, sid: Sid) {
        if let Some((_, visitor)) = self.sockets.remove(&sid) {
            self.deadlines.clear(visitor.deadline, sid);
            if let Some((user_id, _)) = visitor.user {
                self.hub.leave(&user_id, MemberId::Socket(sid));
            }
            if let Some(session) = visitor.session {
                self.leave_session(session, sid);
            }
        }
    }

    fn leave_session(&self, session: SessionId, sid: Sid) {
        if let Entry::Occupied(mut sockets) = self.sessions.entry(session) {
            sockets.get_mut().retain(|socket| socket.id != sid);
            if sockets.get().is_empty() {
                sockets.remove();
            }
        }
    }

    /// A session has ended: so have the sockets that signed in with it.
    pub fn end_session(&self, session: SessionId) {
        let sockets = self.sessions.remove(&session).map(|(_, sockets)| sockets).unwrap_or_default();
        for socket in sockets {
            self.turn_away(&socket, &ErrorCode::TokenExpired.into());
        }
    }

    /// As whom a socket has signed in.
    pub(super) fn user(&self, sid: Sid) -> Option<Arc<str>> {
        self.sockets.get(&sid)?.user.as_ref().map(|(user_id, _)| Arc::clone(user_id))
    }

    /// Makes a socket the user's, or extends its time. Nothing where it has gone, or is another
    /// user's already.
    pub(super) fn claim(&self, socket: &SocketRef, identity: &Identity) -> Option<Arc<str>> {
        let mut visitor = self.sockets.get_mut(&socket.id)?;
        let (user_id, until) = match &visitor.user {
            Some((user_id, _)) if **user_id != *identity.user_id => return None,
            Some((user_id, until)) => (Arc::clone(user_id), (*until).max(identity.expires_at)),
            None => (Arc::from(identity.user_id.as_str()), identity.expires_at),
        };
        let deadline = self.expiry(until);
        self.deadlines.clear(visitor.deadline, socket.id);
        self.deadlines.set(deadline, socket.clone());
        if let Some(session) = identity.session.filter(|_| visitor.session.is_none()) {
            visitor.session = Some(session);
            self.sessions.entry(session).or_default().push(socket.clone());
        }
        visitor.user = Some((Arc::clone(&user_id), until));
        visitor.deadline = deadline;
        Some(user_id)
    }

    /// Undoes a sign-in that could not be completed; the socket may try again.
    pub(super) fn forget(&self, sid: Sid) {
        let user = self.sockets.get_mut(&sid).and_then(|mut visitor| visitor.user.take());
        if let Some((user_id, _)) = user {
            self.hub.leave(&user_id, MemberId::Socket(sid));
        }
    }

    /// When a socket whose proof ends `until` is to be closed: a year ahead at most, which the
    /// runtime's clock can hold.
    fn expiry(&self, until: Timestamp) -> Instant {
        let seconds = until.as_second().saturating_sub((self.clock)().as_second()).saturating_add(LEEWAY_SECONDS);
        Instant::now() + Duration::from_secs(u64::try_from(seconds).unwrap_or_default().min(365 * 86_400))
    }

    fn on_deadline(&self, socket: &SocketRef) {
        let Some(mut visitor) = self.sockets.get_mut(&socket.id) else { return };
        let code = match &visitor.user {
            None => ErrorCode::AuthTimeout,
            Some((_, until)) => {
                // A deadline that was set further away than the clock says was a year's bound.
                let again = self.expiry(*until);
                if again > Instant::now() + Duration::from_secs(1) {
                    visitor.deadline = again;
                    self.deadlines.set(again, socket.clone());
                    return;
                }
                ErrorCode::TokenExpired
            }
        };
        drop(visitor);
        self.turn_away(socket, &code.into());
    }

    /// Tells a socket why, and disconnects it.
    pub(super) fn turn_away(&self, socket: &SocketRef, error: &SocketError) {
        let _ = socket.emit(events::ERROR, error);
        self.close(socket.id);
        let _ = socket.clone().disconnect();
    }
}
