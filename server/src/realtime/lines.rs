//! The connections beneath the sockets.
//!
//! Owns ending them: a socket that the server disconnects has left its namespace only, and a client
//! that means no good could keep the connection under it for ever. Must not decide whom to end.

use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, Instant};

use dashmap::DashMap;
use socketioxide::extract::SocketRef;
use socketioxide::socket::Sid;

use super::polls::{Asking, Polls};
use crate::limits::InboundQuota;
use crate::net::line::Line;

/// How long a client has to take its last packets and leave by itself.
pub(super) const LAST_WORDS: Duration = Duration::from_secs(5);
/// How long an ended session is remembered: longer than the engine keeps one that nobody polls.
const REMEMBERED: Duration = Duration::from_secs(30 * 60);
/// How many namespaces that there are not a session may ask for. A client that was set up wrongly asks for one.
const MOST_STRAYS: u8 = 5;
/// After how much silence a session without a WebSocket is gone, whatever the engine says.
const GONE: Duration = Duration::from_secs(10 * 60);

/// What is known of the engine's sessions. One that has ended by itself leaves nothing but its number
/// behind, and that not for long.
#[derive(Default)]
pub struct Lines {
    sessions: DashMap<Sid, Session>,
    ended: DashMap<Sid, Instant>,
}

struct Session {
    /// Its WebSockets: one, and those with which it tried to get one.
    websockets: Vec<Weak<Line>>,
    polls: Arc<Polls>,
    /// What it may send, over all of its transports.
    inbound: OnceLock<Arc<InboundQuota>>,
    /// How often it has asked for a namespace that there is not.
    strays: u8,
    /// Whether it has joined the namespace. A WebSocket can name a session that there is not.
    is_watched: bool,
}

impl Default for Session {
    fn default() -> Self {
        let (polls, inbound) = (Arc::new(Polls::new()), OnceLock::new());
        Self { websockets: Vec::new(), polls, inbound, strays: 0, is_watched: false }
    }
}

impl Session {
    fn has_websocket(&self) -> bool {
        self.websockets.iter().any(|line| line.strong_count() > 0)
    }
}

impl Lines {
    /// A client has joined the namespace: its requests are watched from now on.
    pub(super) fn watch(&self, sid: Sid) -> Arc<Polls> {
        let mut session = self.sessions.entry(sid).or_default();
        session.is_watched = true;
        Arc::clone(&session.polls)
    }

    /// A session has a WebSocket, from the start or by an upgrade.
    pub fn carries(&self, sid: Sid, line: &Arc<Line>) {
        let mut session = self.sessions.entry(sid).or_default();
        session.websockets.retain(|line| line.strong_count() > 0);
        session.websockets.push(Arc::downgrade(line));
    }

    /// What a session may send, over all of its transports; nothing where it is not known.
    pub fn inbound(&self, sid: Sid, new: impl FnOnce() -> Arc<InboundQuota>) -> Option<Arc<InboundQuota>> {
        Some(Arc::clone(self.sessions.get(&sid)?.inbound.get_or_init(new)))
    }

    /// A session has asked for a namespace that there is not. One that goes on like that is ended.
    pub(super) fn stray(&self, sid: Sid) {
        let mut session = self.sessions.entry(sid).or_default();
        session.strays += 1;
        let has_gone_astray = session.strays >= MOST_STRAYS;
        drop(session);
        if has_gone_astray {
            self.end(sid);
        }
    }

    /// Whether a session has a WebSocket, or is about to.
    pub(super) fn has_websocket(&self, sid: Sid) -> bool {
        self.sessions.get(&sid).is_some_and(|session| session.has_websocket())
    }

    /// A session asks for what there is; nothing where it is not watched.
    pub(super) fn ask(&self, sid: Sid) -> Option<Asking> {
        Some(self.sessions.get(&sid)?.polls.ask())
    }

    /// Whether requests of a session are to be answered as if it were unknown.
    pub fn has_ended(&self, sid: Sid) -> bool {
        self.ended.contains_key(&sid)
    }

    /// Those without a WebSocket that have not asked for so long.
    pub(super) fn silent(&self, silence: Duration) -> Vec<Sid> {
        let silent =
            self.sessions.iter().filter(|it| it.is_watched && !it.has_websocket() && it.polls.silence() > silence);
        silent.map(|it| *it.key()).collect()
    }

    /// Takes a socket out of the namespace, and ends its connection where it can't be told.
    pub(super) fn disconnect(&self, socket: &SocketRef) {
        if socket.clone().disconnect().is_err() {
            self.end(socket.id);
        }
    }

    /// Takes a socket out of the namespace, and ends its connection.
    pub(super) fn hang_up(&self, socket: &SocketRef) {
        let _ = socket.clone().disconnect();
        self.end(socket.id);
    }

    /// Ends a session's connection. Clients see a lost connection, and those that have leave to come
    /// back do.
    pub(super) fn end(&self, sid: Sid) {
        // A request of a polling session finds no session from now on.
        self.ended.insert(sid, Instant::now());
        if let Some((_, session)) = self.sessions.remove(&sid) {
            session.websockets.iter().filter_map(Weak::upgrade).for_each(|line| line.cut());
        }
    }

    /// A session's connection has ended by itself.
    pub(super) fn forget(&self, sid: Sid) {
        self.sessions.remove(&sid);
    }

    /// Forgets what has passed.
    pub fn forget_the_ended(&self) {
        let is_there = |session: &Session| session.is_watched && session.polls.silence() < GONE;
        self.sessions.retain(|_, session| session.has_websocket() || is_there(session));
        self.ended.retain(|_, at| at.elapsed() < REMEMBERED);
    }
}
