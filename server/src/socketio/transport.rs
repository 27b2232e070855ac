//! The transports of Engine.IO sessions: their WebSockets and polling requests.
//!
//! Owns aborting them: a socket that the server disconnects has left only its namespace, and a hostile client could
//! keep the connection open for ever. Must not decide which ones to abort.

use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, Instant};

use dashmap::DashMap;
use socketioxide::extract::SocketRef;
use socketioxide::socket::Sid;

use super::polling::{PendingPoll, PollingBudget};
use crate::limits::InboundQuota;
use crate::net::abortable::AbortHandle;

/// How long a disconnected client has to read its last packets and close the connection.
pub(super) const GRACE_PERIOD: Duration = Duration::from_secs(5);
/// How long an aborted session is remembered: longer than the engine keeps one without requests.
const REMEMBERED: Duration = Duration::from_secs(30 * 60);
/// How many attempts to join an unknown namespace a session may make. A misconfigured client makes one.
const MAX_UNKNOWN_NAMESPACES: u8 = 5;
/// After this idle time a session without a WebSocket is removed, whatever the engine says.
const IDLE_LIMIT: Duration = Duration::from_secs(10 * 60);

/// The transports of every Engine.IO session. A closed session is removed; the id of an aborted one is remembered for a
/// while.
#[derive(Default)]
pub struct TransportRegistry {
    sessions: DashMap<Sid, Transports>,
    aborted: DashMap<Sid, Instant>,
}

/// The transports of one session.
struct Transports {
    /// Its WebSocket, and those of unfinished upgrades.
    websockets: Vec<Weak<AbortHandle>>,
    polling: Arc<PollingBudget>,
    /// The quota of inbound bytes, over all of its transports.
    inbound: OnceLock<Arc<InboundQuota>>,
    unknown_namespaces: u8,
    /// Whether it has joined the namespace. Until then its id may be invented: a WebSocket can name a session that does
    /// not exist.
    has_joined: bool,
}

impl Default for Transports {
    fn default() -> Self {
        let (polling, inbound) = (Arc::new(PollingBudget::new()), OnceLock::new());
        Self { websockets: Vec::new(), polling, inbound, unknown_namespaces: 0, has_joined: false }
    }
}

impl Transports {
    fn has_websocket(&self) -> bool {
        self.websockets.iter().any(|websocket| websocket.strong_count() > 0)
    }
}

impl TransportRegistry {
    /// A session has joined the namespace: from now on its polling requests are monitored.
    pub(super) fn join(&self, sid: Sid) -> Arc<PollingBudget> {
        let mut session = self.sessions.entry(sid).or_default();
        session.has_joined = true;
        Arc::clone(&session.polling)
    }

    /// A session has a WebSocket, from the start or by an upgrade.
    pub fn add_websocket(&self, sid: Sid, websocket: &Arc<AbortHandle>) {
        let mut session = self.sessions.entry(sid).or_default();
        session.websockets.retain(|websocket| websocket.strong_count() > 0);
        session.websockets.push(Arc::downgrade(websocket));
    }

    /// The quota of a session's inbound bytes, over all of its transports; `None` if the session is unknown.
    pub fn inbound(&self, sid: Sid, new: impl FnOnce() -> Arc<InboundQuota>) -> Option<Arc<InboundQuota>> {
        Some(Arc::clone(self.sessions.get(&sid)?.inbound.get_or_init(new)))
    }

    /// A session has tried to join an unknown namespace. After too many attempts it is aborted.
    pub(super) fn count_unknown_namespace(&self, sid: Sid) {
        let mut session = self.sessions.entry(sid).or_default();
        session.unknown_namespaces += 1;
        let is_over_limit = session.unknown_namespaces >= MAX_UNKNOWN_NAMESPACES;
        drop(session);
        if is_over_limit {
            self.abort(sid);
        }
    }

    /// Whether a session has a WebSocket, or is upgrading to one.
    pub(super) fn has_websocket(&self, sid: Sid) -> bool {
        self.sessions.get(&sid).is_some_and(|session| session.has_websocket())
    }

    /// A polling request of a session has arrived; `None` if the session is unknown.
    pub(super) fn poll(&self, sid: Sid) -> Option<PendingPoll> {
        Some(self.sessions.get(&sid)?.polling.poll())
    }

    /// Whether requests of a session are to be answered as if it were unknown.
    pub fn is_aborted(&self, sid: Sid) -> bool {
        self.aborted.contains_key(&sid)
    }

    /// The sessions without a WebSocket that have not polled for `limit`.
    pub(super) fn idle(&self, limit: Duration) -> Vec<Sid> {
        let idle = self
            .sessions
            .iter()
            .filter(|session| session.has_joined && !session.has_websocket() && session.polling.idle_time() > limit);
        idle.map(|session| *session.key()).collect()
    }

    /// Disconnects a socket from the namespace. If that packet cannot be sent, aborts its connection.
    pub(super) fn disconnect_socket(&self, socket: &SocketRef) {
        if socket.clone().disconnect().is_err() {
            self.abort(socket.id);
        }
    }

    /// Disconnects a socket from the namespace, and aborts its connection.
    pub(super) fn abort_socket(&self, socket: &SocketRef) {
        let _ = socket.clone().disconnect();
        self.abort(socket.id);
    }

    /// Aborts a session's connection. Clients see a lost connection and may reconnect.
    pub(super) fn abort(&self, sid: Sid) {
        // Polling requests of the session are answered as unknown from now on.
        self.aborted.insert(sid, Instant::now());
        if let Some((_, session)) = self.sessions.remove(&sid) {
            session.websockets.iter().filter_map(Weak::upgrade).for_each(|websocket| websocket.abort());
        }
    }

    /// A session has closed.
    pub(super) fn remove(&self, sid: Sid) {
        self.sessions.remove(&sid);
    }

    /// Removes sessions that are gone, and the ids of those that were aborted long ago.
    pub fn remove_expired(&self) {
        let is_active = |session: &Transports| session.has_joined && session.polling.idle_time() < IDLE_LIMIT;
        self.sessions.retain(|_, session| session.has_websocket() || is_active(session));
        self.aborted.retain(|_, at| at.elapsed() < REMEMBERED);
    }
}
