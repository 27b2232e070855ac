//! The connected sockets of this node.
//!
//! Owns the state of each: its session, its user once signed in, its deadline and its quota. Also owns disconnecting
//! sockets that miss a deadline or stop polling. Must not check credentials: [`super::sign_in`] does.

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

use super::deadlines::Deadlines;
use super::quota::ClientQuota;
use super::socket_session::SocketSession;
use super::transport::{GRACE_PERIOD, TransportRegistry};
use crate::auth::session::SessionId;
use crate::auth::{self, Identity};
use crate::clock::Clock;
use crate::config::RealtimeConfig;
use crate::feed::{Feed, Subscriber, SubscriberId};
use crate::limits::Limits;
use crate::net::peer::Peer;

/// How often to look for idle polling clients.
const IDLE_CHECK_INTERVAL: Duration = Duration::from_secs(5);
/// A polling client polls again as soon as it is answered, and each ping answers it. After this much idle time beyond a
/// ping interval the client is gone, even if it still posts pongs.
const IDLE_ALLOWANCE: Duration = Duration::from_secs(10);

/// The connected sockets.
pub struct ConnectionManager {
    feed: Arc<Feed>,
    transports: Arc<TransportRegistry>,
    limits: Arc<Limits>,
    clock: Clock,
    auth_timeout: Duration,
    ping_interval: Duration,
    connections: DashMap<Sid, Connection>,
    /// Clients that have left the namespace and may rejoin over the same connection.
    departed: DashMap<Sid, Departed>,
    deadlines: Deadlines,
}

/// A client that has left the namespace. Its quota continues when it rejoins.
struct Departed {
    at: Instant,
    id: SubscriberId,
    quota: ClientQuota,
}

struct Connection {
    socket: SocketRef,
    session: Arc<SocketSession>,
    /// The user, and when the proof of identity expires.
    user: Option<(Arc<str>, Timestamp)>,
    dashboard_session: Option<SessionId>,
    deadline: Instant,
    quota: ClientQuota,
    /// Its last sign-in failed because of this server, and not because of its credentials.
    is_unchecked: bool,
}

impl ConnectionManager {
    /// A manager without sockets.
    pub fn new(feed: Arc<Feed>, limits: Arc<Limits>, clock: Clock, config: &RealtimeConfig) -> Self {
        Self {
            feed,
            transports: Arc::default(),
            limits,
            clock,
            auth_timeout: config.auth_timeout,
            ping_interval: config.ping_interval,
            connections: DashMap::new(),
            departed: DashMap::new(),
            deadlines: Deadlines::default(),
        }
    }

    /// Disconnects sockets whose deadline has passed, and polling clients that no longer poll. Runs as long as the
    /// server.
    pub async fn run(&self) {
        let deadlines = async {
            loop {
                let socket = self.deadlines.next().await;
                self.on_deadline(&socket);
            }
        };
        let idle = async {
            loop {
                tokio::time::sleep(IDLE_CHECK_INTERVAL).await;
                for sid in self.transports.idle(self.ping_interval + IDLE_ALLOWANCE) {
                    self.abort(sid);
                }
                // Removes clients whose connection closed while they were leaving.
                self.departed.retain(|_, departed| departed.at.elapsed() < 4 * GRACE_PERIOD);
            }
        };
        tokio::join!(deadlines, idle);
    }

    /// How many sockets are connected.
    pub fn connected(&self) -> usize {
        self.connections.len()
    }

    /// The transports under the sockets.
    pub fn transports(&self) -> &Arc<TransportRegistry> {
        &self.transports
    }

    /// A socket is joining the namespace: from now on it has a limited time to sign in. `has_credentials` says whether
    /// its handshake carries any. Returns false if its client joins too often.
    pub(super) fn open(&self, socket: &SocketRef, has_credentials: bool) -> bool {
        self.add_websocket(socket);
        let departed = self.departed.remove(&socket.id);
        let mut quota = departed.map_or_else(|| ClientQuota::new(self.auth_timeout), |(_, departed)| departed.quota);
        if !quota.count_join() {
            self.transports.abort(socket.id);
            return false;
        }
        let session = SocketSession::start(socket, self.transports.join(socket.id), has_credentials);
        let (deadline, id) = (quota.sign_in_deadline(), session.id);
        let (socket, user, dashboard_session) = (socket.clone(), None, None);
        let is_unchecked = false;
        let connection =
            Connection { socket: socket.clone(), session, user, dashboard_session, deadline, quota, is_unchecked };
        self.connections.insert(socket.id, connection);
        // Set last: the deadline may have passed already, and handling it needs the connection.
        self.deadlines.set(deadline, id, socket);
        true
    }

    /// A socket has tried to join an unknown namespace.
    pub(super) fn count_unknown_namespace(&self, socket: &SocketRef) {
        self.add_websocket(socket);
        self.transports.count_unknown_namespace(socket.id);
    }

    /// Registers the WebSocket that a session started with. The connection of a polling session's first request does
    /// not belong to the session: behind a proxy, other clients' requests use it as well.
    fn add_websocket(&self, socket: &SocketRef) {
        let request = socket.req_parts();
        let is_websocket = |query: &str| query.split('&').any(|pair| pair == "transport=websocket");
        if let Some(peer) = request.extensions.get::<Peer>().filter(|_| request.uri.query().is_some_and(is_websocket)) {
            self.transports.add_websocket(socket.id, &peer.abort);
        }
    }

    /// The state of a socket, unless it has closed. After that, its socket id may belong to a newer session.
    fn connection(&self, socket: &SocketRef) -> Option<RefMut<'_, Sid, Connection>> {
        let id = SocketSession::of(socket)?.id;
        self.connections.get_mut(&socket.id).filter(|connection| connection.session.id == id)
    }

    /// A socket has left the namespace. Returns whether it was there.
    pub(super) fn close(&self, socket: &SocketRef) -> bool {
        let Some(session) = SocketSession::of(socket) else { return false };
        let closed = self.connections.remove_if(&socket.id, |_, connection| connection.session.id == session.id);
        let Some((sid, connection)) = closed else { return false };
        self.deadlines.clear(connection.deadline, session.id);
        let mut quota = connection.quota;
        if let Some((user_id, _)) = connection.user {
            self.feed.hub().leave(&user_id, session.id);
            quota.restart_sign_in(self.auth_timeout);
        }
        if let Some(dashboard_session) = connection.dashboard_session {
            self.feed.unbind_session(dashboard_session, session.id);
        }
        self.departed.insert(sid, Departed { at: Instant::now(), id: session.id, quota });
        true
    }

    /// A socket has left the namespace but may keep its connection open: aborts the connection after the grace period,
    /// unless it closes or the client rejoins before. A client that rejoins and leaves again gets a new grace period.
    pub(super) fn abort_after_grace(self: &Arc<Self>, socket: &SocketRef) {
        let (connections, sid) = (Arc::clone(self), socket.id);
        let Some(id) = SocketSession::of(socket).map(|session| session.id) else { return };
        tokio::spawn(async move {
            tokio::time::sleep(GRACE_PERIOD).await;
            // Compares the session: a reused socket id must not inherit the previous session's abort.
            if connections.departed.remove_if(&sid, |_, departed| departed.id == id).is_some() {
                connections.transports.abort(sid);
            }
        });
    }

    /// A connection has closed.
    pub(super) fn transport_closed(&self, sid: Sid) {
        self.departed.remove(&sid);
        self.transports.remove(sid);
    }

    /// Counts an event; returns whether it is within the quota. `None` if the socket has closed.
    pub(super) fn count_event(&self, socket: &SocketRef) -> Option<bool> {
        Some(self.connection(socket)?.quota.count_event())
    }

    /// A sign-in could not be checked. Does not count as refused.
    pub(super) fn note_unchecked(&self, socket: &SocketRef) {
        if let Some(mut connection) = self.connection(socket) {
            connection.is_unchecked = true;
        }
    }

    /// Counts a refused sign-in; returns whether another attempt is allowed.
    pub(super) async fn count_refusal(&self, socket: &SocketRef) -> bool {
        let allowed = self.connection(socket).map(|mut connection| {
            connection.is_unchecked = false;
            connection.quota.count_refusal()
        });
        let Some(is_allowed) = allowed else { return true };
        let address = socket.req_parts().extensions.get::<Peer>().map(|peer| peer.address);
        match address {
            Some(address) if is_allowed => self.limits.sign_in_from(address).await.is_ok(),
            _ => is_allowed,
        }
    }

    /// The user that a socket has signed in as.
    pub(super) fn user(&self, socket: &SocketRef) -> Option<Arc<str>> {
        self.connection(socket)?.user.as_ref().map(|(user_id, _)| Arc::clone(user_id))
    }

    /// Signs a socket in as the user, or extends its time. `None` if it has closed, or already belongs to another user.
    pub(super) fn claim(&self, socket: &SocketRef, identity: &Identity, subscriber: &Subscriber) -> Option<Arc<str>> {
        let mut connection = self.connection(socket)?;
        let (user_id, until) = match &connection.user {
            Some((user_id, _)) if **user_id != *identity.user_id => return None,
            Some((user_id, until)) => (Arc::clone(user_id), (*until).max(identity.expires_at)),
            None => (Arc::from(identity.user_id.as_str()), identity.expires_at),
        };
        if let Some(session) = identity.session.filter(|_| connection.dashboard_session.is_none()) {
            connection.dashboard_session = Some(session);
            self.feed.bind_session(session, &user_id, subscriber);
        }
        connection.user = Some((Arc::clone(&user_id), until));
        self.move_deadline(&mut connection, Instant::now() + auth::remaining(until, (self.clock)()));
        Some(user_id)
    }

    /// Undoes a sign-in that could not be completed. The socket may try again until its deadline.
    pub(super) fn undo_claim(&self, socket: &SocketRef) {
        let Some(mut connection) = self.connection(socket) else { return };
        connection.is_unchecked = true;
        let (user, session, id) = (connection.user.take(), connection.dashboard_session.take(), connection.session.id);
        let deadline = connection.quota.sign_in_deadline();
        self.move_deadline(&mut connection, deadline);
        drop(connection);
        if let Some((user_id, _)) = user {
            self.feed.hub().leave(&user_id, id);
        }
        if let Some(session) = session {
            self.feed.unbind_session(session, id);
        }
    }

    fn move_deadline(&self, connection: &mut Connection, deadline: Instant) {
        self.deadlines.clear(connection.deadline, connection.session.id);
        self.deadlines.set(deadline, connection.session.id, connection.socket.clone());
        connection.deadline = deadline;
    }

    fn on_deadline(&self, socket: &SocketRef) {
        let Some(mut connection) = self.connection(socket) else { return };
        if connection.deadline > Instant::now() {
            // The deadline was moved meanwhile.
            return;
        }
        let code = match &connection.user {
            // The server is at fault, so clients without a handler for the error have to reconnect as well.
            None if connection.is_unchecked => {
                drop(connection);
                return self.abort_to_resume(socket);
            }
            None => ErrorCode::AuthTimeout,
            Some((_, until)) => {
                // The deadline is capped at a year, and the clock may have been set back: time may remain.
                let remaining = auth::remaining(*until, (self.clock)());
                if remaining > Duration::from_secs(1) {
                    return self.move_deadline(&mut connection, Instant::now() + remaining);
                }
                ErrorCode::TokenExpired
            }
        };
        drop(connection);
        self.disconnect(socket, &code.into());
    }

    /// Sends a socket the reason and disconnects it.
    pub(super) fn disconnect(&self, socket: &SocketRef, error: &SocketError) {
        let _ = socket.emit(events::ERROR, error);
        if self.close(socket) {
            self.transports.disconnect_socket(socket);
        }
    }

    /// Ends the connection of a client that is to resume elsewhere. No reason is sent: after a disconnect by the
    /// server, official clients do not reconnect.
    pub(super) fn abort_to_resume(&self, socket: &SocketRef) {
        if self.close(socket) {
            if !self.transports.has_websocket(socket.id) {
                // Ends the waiting polling request. The next one is answered as an unknown session.
                let _ = socket.emit(events::ERROR, &SocketError::from(ErrorCode::AuthUnavailable));
            }
            self.transports.abort(socket.id);
        }
    }

    /// A client disconnected during a polling request. The answer may be lost, so the session ends and its permit is
    /// free at once. The client can reconnect and resume.
    pub(super) fn poll_aborted(&self, sid: Sid) {
        if !self.transports.has_websocket(sid) {
            self.abort(sid);
        }
    }

    /// Ends the session of a client that no longer polls.
    fn abort(&self, sid: Sid) {
        let socket = self.connections.get(&sid).map(|connection| connection.socket.clone());
        if let Some(socket) = socket.filter(|socket| self.close(socket)) {
            tracing::debug!("a polling client has stopped polling");
            self.transports.abort_socket(&socket);
        } else {
            self.transports.abort(sid);
        }
    }
}
