//! The connections beneath the sockets.
//!
//! Owns ending them: a socket that the server disconnects has left its namespace only, and a client
//! that means no good could keep the connection under it for ever. Must not decide whom to end.

use std::sync::{Arc, Weak};
use std::time::Duration;

use dashmap::DashMap;
use socketioxide::socket::Sid;
use tokio::time::Instant;

use crate::http::peer::Line;

/// How long a client has to take its last packets and leave by itself.
pub(super) const LAST_WORDS: Duration = Duration::from_secs(5);
/// How long an ended session is remembered: longer than the engine keeps one that nobody polls.
const REMEMBERED: Duration = Duration::from_secs(30 * 60);

/// What is known of the connections. A connection that has ended by itself leaves nothing but its
/// number behind, and that not for long.
#[derive(Default)]
pub struct Lines {
    websockets: DashMap<Sid, Weak<Line>>,
    ended: DashMap<Sid, Instant>,
}

impl Lines {
    /// A session has a WebSocket, from the start or by an upgrade.
    pub fn carries(&self, sid: Sid, line: &Arc<Line>) {
        self.websockets.insert(sid, Arc::downgrade(line));
    }

    /// Whether requests of a session are to be answered as if it were unknown.
    pub fn has_ended(&self, sid: Sid) -> bool {
        self.ended.contains_key(&sid)
    }

    /// Ends a session's connection. Clients see a lost connection, and those that have leave to come
    /// back do.
    pub(super) fn end(&self, sid: Sid) {
        let line = self.websockets.remove(&sid).and_then(|(_, line)| line.upgrade());
        match line {
            Some(line) => line.cut(),
            // Polling has no connection of its own: its next request finds no session.
            None => drop(self.ended.insert(sid, Instant::now())),
        }
    }

    /// A session's connection has ended by itself.
    pub(super) fn forget(&self, sid: Sid) {
        self.websockets.remove(&sid);
    }

    /// Forgets what has passed.
    pub fn forget_the_ended(&self) {
        self.websockets.retain(|_, line| line.strong_count() > 0);
        self.ended.retain(|_, at| at.elapsed() < REMEMBERED);
    }
}
