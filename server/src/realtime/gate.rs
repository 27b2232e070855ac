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
use super::lines::LAST_WORDS;
use super::outlet::MemberId;
use crate::auth::Identity;
use crate::auth::session::SessionId;
use crate::auth::token::{LEEWAY_SECONDS, TokenVerifier};
use crate::clock::Clock;
use crate::config::RealtimeConfig;
use crate::http::peer::Peer;
use crate::limits::Limits;
use crate::store::{self, Store};

/// How many events a socket may send in a window of time, and how long that is.
const MOST_EVENTS: u16 = 1000;
const WINDOW: Duration = Duration::from_secs(10);
/// How many refused sign-ins end a socket.
const MOST_REFUSALS: u8 = 10;

/// The sockets of this node and what lets them in.
pub struct Gate {
    pub(super) hub: Arc<Hub>,
    pub(super) store: Arc<dyn Store>,
    pub(super) tokens: Arc<TokenVerifier>,
    pub(super) clock: Clock,
    pub(super) limit: u32,
    pub(super) limits: Arc<Limits>,
    auth_timeout: Duration,
    sockets: DashMap<Sid, Visitor>,
    /// Who signed in with a dashboard's session.
    sessions: DashMap<SessionId, Vec<Holder>>,
    deadlines: Deadlines,
}

/// Somebody who is there on the strength of a session.
pub(super) enum Holder {
    Socket(SocketRef),
    Stream(Arc<str>, MemberId),
}

impl Holder {
    fn id(&self) -> MemberId {
        match self {
            Self::Socket(socket) => MemberId::Socket(socket.id),
            Self::Stream(_, id) => *id,
        }
    }
}

struct Visitor {
    user: Option<(Arc<str>, Timestamp)>,
    session: Option<SessionId>,
    deadline: Instant,
    /// How many sign-ins were refused.
    refusals: u8,
    /// How many events came since the window opened.
    events: u16,
    window: Instant,
}

impl Gate {
    /// A gate in front of `hub`.
    pub fn new(
        hub: Arc<Hub>,
        store: Arc<dyn Store>,
        tokens: Arc<TokenVerifier>,
        clock: Clock,
        limits: Arc<Limits>,
        config: &RealtimeConfig,
    ) -> Self {
        Self {
            hub,
            store,
            tokens,
            clock,
            limit: config.max_connections_per_user,
            limits,
            auth_timeout: config.auth_timeout,
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
        let visitor = Visitor { user: None, session: None, deadline, refusals: 0, events: 0, window: Instant::now() };
        self.sockets.insert(socket.id, visitor);
        let request = socket.req_parts();
        if let Some(peer) = request.extensions.get::<Peer>()
            && request.uri.query().is_some_and(|query| query.contains("transport=websocket"))
        {
            self.hub.lines().carries(socket.id, &peer.line);
        }
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
                self.leave_session(session, MemberId::Socket(sid));
            }
        }
    }

    /// Somebody is there on the strength of a session, and goes when it ends.
    pub(super) fn enter_session(&self, session: SessionId, holder: Holder) {
        self.sessions.entry(session).or_default().push(holder);
    }

    pub(super) fn leave_session(&self, session: SessionId, id: MemberId) {
        if let Entry::Occupied(mut holders) = self.sessions.entry(session) {
            holders.get_mut().retain(|holder| holder.id() != id);
            if holders.get().is_empty() {
                holders.remove();
            }
        }
    }

    /// A session has ended: so have the sockets and streams that signed in with it.
    pub fn end_session(&self, session: SessionId) {
        let holders = self.sessions.remove(&session).map(|(_, holders)| holders).unwrap_or_default();
        for holder in holders {
            match holder {
                Holder::Socket(socket) => self.turn_away(&socket, &ErrorCode::TokenExpired.into()),
                Holder::Stream(user_id, id) => self.hub.leave(&user_id, id),
            }
        }
    }

    /// Ends what is there on the strength of sessions that the store no longer has: they can be ended
    /// elsewhere.
    pub async fn check_sessions(&self) -> store::Result<()> {
        let held: Vec<SessionId> = self.sessions.iter().map(|entry| *entry.key()).collect();
        for session in held {
            if self.store.session(session, (self.clock)()).await?.is_none() {
                self.end_session(session);
            }
        }
        Ok(())
    }

    /// Whether a socket may send another event now: far more than any client needs.
    pub(super) fn may_speak(&self, sid: Sid) -> bool {
        let Some(mut visitor) = self.sockets.get_mut(&sid) else { return true };
        if visitor.window.elapsed() > WINDOW {
            visitor.window = Instant::now();
            visitor.events = 0;
        }
        visitor.events = visitor.events.saturating_add(1);
        visitor.events <= MOST_EVENTS
    }

    /// Whether a socket whose sign-in was refused may try again.
    pub(super) fn may_try_again(&self, socket: &SocketRef) -> bool {
        let Some(mut visitor) = self.sockets.get_mut(&socket.id) else { return true };
        visitor.refusals = visitor.refusals.saturating_add(1);
        let tries_left = visitor.refusals < MOST_REFUSALS;
        drop(visitor);
        let address = socket.req_parts().extensions.get::<Peer>().map(|peer| peer.address);
        tries_left && address.is_none_or(|address| self.limits.sign_in_from(address).is_ok())
    }

    /// Ends the connection of a socket that has left, unless it has left by itself or come back by
    /// then.
    pub(super) fn hang_up_soon(self: &Arc<Self>, sid: Sid) {
        let gate = Arc::clone(self);
        tokio::spawn(async move {
            tokio::time::sleep(LAST_WORDS).await;
            if !gate.sockets.contains_key(&sid) {
                gate.hub.lines().end(sid);
            }
        });
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
            self.enter_session(session, Holder::Socket(socket.clone()));
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
