//! What is known of each connected socket.
//!
//! Owns whether it has signed in, as whom and until when, and closes those that did not in time.
//! Must not check a token: [`super::sign_in`] does.

use std::sync::Arc;
use std::time::Duration;

use dashmap::DashMap;
use dashmap::mapref::one::RefMut;
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
use super::manners::Manners;
use super::sessions::{Holder, Sessions};
use super::visit::{MemberId, Visit};
use crate::auth::Identity;
use crate::auth::session::{SessionCookies, SessionId};
use crate::auth::token::{LEEWAY_SECONDS, TokenVerifier};
use crate::clock::Clock;
use crate::config::RealtimeConfig;
use crate::limits::Limits;
use crate::net::peer::Peer;
use crate::store::Store;

/// How often requests of polling clients are looked for.
const LISTEN_EVERY: Duration = Duration::from_secs(5);
/// A polling client asks again as soon as it is answered, and it is answered at every ping: so long after
/// that it has gone, though it may still answer pings that it has not read.
const DEAF_AFTER: Duration = Duration::from_secs(10);

/// The sockets of this node and what lets them in.
pub struct Gate {
    pub(super) hub: Arc<Hub>,
    pub(super) store: Arc<dyn Store>,
    pub(super) tokens: Arc<TokenVerifier>,
    pub(super) cookies: SessionCookies,
    pub(super) clock: Clock,
    pub(super) limit: u32,
    pub(super) limits: Arc<Limits>,
    pub(super) sessions: Sessions,
    auth_timeout: Duration,
    ping_interval: Duration,
    sockets: DashMap<Sid, Visitor>,
    /// Those that have left the namespace and could come back over their connection.
    left: DashMap<Sid, Left>,
    deadlines: Deadlines,
}

/// What a client that left had done, since its connection is the same when it comes back.
struct Left {
    at: Instant,
    visit: MemberId,
    manners: Manners,
}

struct Visitor {
    socket: SocketRef,
    visit: Arc<Visit>,
    user: Option<(Arc<str>, Timestamp)>,
    session: Option<SessionId>,
    deadline: Instant,
    manners: Manners,
}

impl Gate {
    /// A gate in front of `hub`.
    pub fn new(
        hub: Arc<Hub>,
        store: Arc<dyn Store>,
        tokens: Arc<TokenVerifier>,
        cookies: SessionCookies,
        clock: Clock,
        limits: Arc<Limits>,
        config: &RealtimeConfig,
    ) -> Self {
        Self {
            hub,
            store,
            tokens,
            cookies,
            clock,
            limit: config.max_connections_per_user,
            limits,
            sessions: Sessions::default(),
            auth_timeout: config.auth_timeout,
            ping_interval: config.ping_interval,
            sockets: DashMap::new(),
            left: DashMap::new(),
            deadlines: Deadlines::default(),
        }
    }

    /// Closes the sockets whose deadline has passed, and those that do not listen; runs as long as the
    /// server does.
    pub async fn watch(&self) {
        let closing = async {
            loop {
                let socket = self.deadlines.next().await;
                self.on_deadline(&socket);
            }
        };
        let listening = async {
            loop {
                tokio::time::sleep(LISTEN_EVERY).await;
                for sid in self.hub.lines().silent(self.ping_interval + DEAF_AFTER) {
                    self.give_up(sid);
                }
                // Whose connection ended while they left.
                self.left.retain(|_, left| left.at.elapsed() < 4 * LAST_WORDS);
            }
        };
        tokio::join!(closing, listening);
    }

    /// How many sockets are connected.
    pub fn connected(&self) -> usize {
        self.sockets.len()
    }

    /// A socket is connecting: it has so long to sign in. `brings_proof`: with its handshake. Not where its client joins
    /// over and over.
    pub(super) fn open(&self, socket: &SocketRef, brings_proof: bool) -> bool {
        let lines = self.hub.lines();
        self.carry(socket);
        let left = self.left.remove(&socket.id);
        let mut manners = left.map_or_else(|| Manners::new(self.auth_timeout), |(_, left)| left.manners);
        if !manners.join() {
            lines.end(socket.id);
            return false;
        }
        let visit = Visit::begin(socket, lines.watch(socket.id), brings_proof);
        let (deadline, id) = (manners.sign_in_by(), visit.id);
        let visitor = Visitor { socket: socket.clone(), visit, user: None, session: None, deadline, manners };
        self.sockets.insert(socket.id, visitor);
        // Only now: it may be over already, and has to find somebody.
        self.deadlines.set(deadline, id, socket.clone());
        true
    }

    /// A socket asks for a namespace that there is not.
    pub(super) fn stray(&self, socket: &SocketRef) {
        self.carry(socket);
        self.hub.lines().stray(socket.id);
    }

    /// Notes the WebSocket that a session began with. Where it polled, the connection of its first request is anybody's
    /// by now, behind a proxy.
    fn carry(&self, socket: &SocketRef) {
        let request = socket.req_parts();
        let is_websocket = |query: &str| query.split('&').any(|pair| pair == "transport=websocket");
        if let Some(peer) = request.extensions.get::<Peer>().filter(|_| request.uri.query().is_some_and(is_websocket)) {
            self.hub.lines().carries(socket.id, &peer.line);
        }
    }

    /// What is known of a socket, unless it has gone: another may have its id by then.
    fn visitor(&self, socket: &SocketRef) -> Option<RefMut<'_, Sid, Visitor>> {
        let id = Visit::of(socket)?.id;
        self.sockets.get_mut(&socket.id).filter(|visitor| visitor.visit.id == id)
    }

    /// A socket has gone; whether it had been there.
    pub(super) fn close(&self, socket: &SocketRef) -> bool {
        let Some(visit) = Visit::of(socket) else { return false };
        let gone = self.sockets.remove_if(&socket.id, |_, visitor| visitor.visit.id == visit.id);
        let Some((sid, visitor)) = gone else { return false };
        self.deadlines.clear(visitor.deadline, visit.id);
        let mut manners = visitor.manners;
        if let Some((user_id, _)) = visitor.user {
            self.hub.leave(&user_id, visit.id);
            manners.may_sign_in_again(self.auth_timeout);
        }
        if let Some(session) = visitor.session {
            self.sessions.leave(session, visit.id);
        }
        self.left.insert(sid, Left { at: Instant::now(), visit: visit.id, manners });
        true
    }

    /// A socket has left the namespace, and could keep the connection: that is ended unless it ends by
    /// itself, or the client comes back, by then. One that comes back and leaves again has as long again.
    pub(super) fn hang_up_soon(self: &Arc<Self>, socket: &SocketRef) {
        let (gate, sid) = (Arc::clone(self), socket.id);
        let Some(visit) = Visit::of(socket).map(|visit| visit.id) else { return };
        tokio::spawn(async move {
            tokio::time::sleep(LAST_WORDS).await;
            if gate.left.remove_if(&sid, |_, left| left.visit == visit).is_some() {
                gate.hub.lines().end(sid);
            }
        });
    }

    /// A connection has ended.
    pub(super) fn forget_connection(&self, sid: Sid) {
        self.left.remove(&sid);
        self.hub.lines().forget(sid);
    }

    /// A session has ended: so have the sockets and streams that signed in with it.
    pub fn end_session(&self, session: SessionId) {
        for holder in self.sessions.end(session) {
            match holder {
                Holder::Socket(socket, _) => self.turn_away(&socket, &ErrorCode::TokenExpired.into()),
                Holder::Stream(user_id, id) => drop(self.hub.leave(&user_id, id)),
            }
        }
    }

    /// Whether a socket may send another event now; nothing where it has gone.
    pub(super) fn may_speak(&self, socket: &SocketRef) -> Option<bool> {
        Some(self.visitor(socket)?.manners.speak())
    }

    /// Whether a socket whose sign-in was refused may try again.
    pub(super) fn may_try_again(&self, socket: &SocketRef) -> bool {
        let Some(has_tries) = self.visitor(socket).map(|mut visitor| visitor.manners.be_refused()) else { return true };
        let address = socket.req_parts().extensions.get::<Peer>().map(|peer| peer.address);
        has_tries && address.is_none_or(|address| self.limits.sign_in_from(address).is_ok())
    }

    /// As whom a socket has signed in.
    pub(super) fn user(&self, socket: &SocketRef) -> Option<Arc<str>> {
        self.visitor(socket)?.user.as_ref().map(|(user_id, _)| Arc::clone(user_id))
    }

    /// Makes a socket the user's, or extends its time. Nothing where it has gone, or is another
    /// user's already.
    pub(super) fn claim(&self, socket: &SocketRef, identity: &Identity) -> Option<Arc<str>> {
        let mut visitor = self.visitor(socket)?;
        let (user_id, until) = match &visitor.user {
            Some((user_id, _)) if **user_id != *identity.user_id => return None,
            Some((user_id, until)) => (Arc::clone(user_id), (*until).max(identity.expires_at)),
            None => (Arc::from(identity.user_id.as_str()), identity.expires_at),
        };
        if let Some(session) = identity.session.filter(|_| visitor.session.is_none()) {
            visitor.session = Some(session);
            self.sessions.enter(session, Holder::Socket(socket.clone(), visitor.visit.id));
        }
        visitor.user = Some((Arc::clone(&user_id), until));
        self.move_deadline(&mut visitor, Instant::now() + self.remaining(until));
        Some(user_id)
    }

    /// Undoes a sign-in that could not be completed; the socket may try again, as long as it may.
    pub(super) fn forget(&self, socket: &SocketRef) {
        let Some(mut visitor) = self.visitor(socket) else { return };
        let (user, session, id) = (visitor.user.take(), visitor.session.take(), visitor.visit.id);
        let deadline = visitor.manners.sign_in_by();
        self.move_deadline(&mut visitor, deadline);
        drop(visitor);
        if let Some((user_id, _)) = user {
            self.hub.leave(&user_id, id);
        }
        if let Some(session) = session {
            self.sessions.leave(session, id);
        }
    }

    fn move_deadline(&self, visitor: &mut Visitor, deadline: Instant) {
        self.deadlines.clear(visitor.deadline, visitor.visit.id);
        self.deadlines.set(deadline, visitor.visit.id, visitor.socket.clone());
        visitor.deadline = deadline;
    }

    /// How long a proof still holds that ends at a time: a year at most, which the runtime's clock can
    /// hold.
    pub fn remaining(&self, until: Timestamp) -> Duration {
        let seconds = until.as_second().saturating_sub((self.clock)().as_second()).saturating_add(LEEWAY_SECONDS);
        Duration::from_secs(u64::try_from(seconds).unwrap_or_default().min(365 * 86_400))
    }

    fn on_deadline(&self, socket: &SocketRef) {
        let Some(mut visitor) = self.visitor(socket) else { return };
        if visitor.deadline > Instant::now() {
            // It was moved at this very moment.
            return;
        }
        let code = match &visitor.user {
            None => ErrorCode::AuthTimeout,
            Some((_, until)) => {
                // A deadline that was set further away than the clock says was a year's bound.
                let remaining = self.remaining(*until);
                if remaining > Duration::from_secs(1) {
                    return self.move_deadline(&mut visitor, Instant::now() + remaining);
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
        if self.close(socket) {
            self.hub.lines().disconnect(socket);
        }
    }

    /// A poll of a session was cut off by its client. What it would have been answered with may be lost, so the
    /// session ends and its place is free at once; the client can come back and resume.
    pub(super) fn abandoned(&self, sid: Sid) {
        if !self.hub.lines().has_websocket(sid) {
            self.give_up(sid);
        }
    }

    /// Ends a session that does not listen.
    fn give_up(&self, sid: Sid) {
        let socket = self.sockets.get(&sid).map(|visitor| visitor.socket.clone());
        if let Some(socket) = socket.filter(|socket| self.close(socket)) {
            tracing::debug!("a polling client has gone");
            self.hub.lines().hang_up(&socket);
        } else {
            self.hub.lines().end(sid);
        }
    }
}
