//! The rooms: which sockets get a user's events.
//!
//! Owns membership, the limit of sockets a user may have, and that each socket gets each event of its
//! user once and in order. Must not decide whose socket it is: [`super::sign_in`] does.
//!
//! A socket that joins is told the user's newest event number, which is read from the store. Events
//! that are published between joining and that reading wait with the member; each member knows the
//! last number it has been given, so that nothing comes twice and nothing is left out.

use std::sync::Arc;

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use socketioxide::extract::SocketRef;
use socketioxide::socket::Sid;

use crate::store::FeedEvent;

/// Every room of this node.
pub struct Hub {
    rooms: DashMap<Arc<str>, Vec<Member>>,
    limit: usize,
}

struct Member {
    socket: SocketRef,
    /// The number of the last event that this socket has, or had when it joined.
    cursor: u64,
    /// Events that wait for the joining to be completed; nothing once it is.
    waiting: Option<Vec<FeedEvent>>,
}

/// The user has as many sockets as are allowed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Full;

impl Hub {
    /// Rooms of at most `limit` sockets.
    pub fn new(limit: u32) -> Self {
        Self { rooms: DashMap::new(), limit: limit as usize }
    }

    /// How many sockets are in a user's room.
    pub fn count(&self, user_id: &str) -> usize {
        self.rooms.get(user_id).map_or(0, |room| room.len())
    }

    /// Puts a socket into the user's room; its events wait until [`Self::complete`]. Counting and
    /// joining are one step, so that two sockets can't both take the last place. Joining again
    /// changes nothing.
    pub(super) fn join(&self, user_id: &Arc<str>, socket: &SocketRef) -> Result<(), Full> {
        let mut room = self.rooms.entry(Arc::clone(user_id)).or_default();
        if room.iter().any(|member| member.socket.id == socket.id) {
            return Ok(());
        }
        if room.len() >= self.limit {
            return Err(Full);
        }
        room.push(Member { socket: socket.clone(), cursor: 0, waiting: Some(vec![]) });
        Ok(())
    }

    /// Completes a joining: `welcome` tells the socket that it has everything up to `newest`, then
    /// what has happened since goes out.
    pub(super) fn complete(&self, user_id: &str, sid: Sid, newest: u64, welcome: impl FnOnce(u64)) {
        let Some(mut room) = self.rooms.get_mut(user_id) else { return };
        let Some(member) = room.iter_mut().find(|member| member.socket.id == sid) else { return };
        let Some(waiting) = member.waiting.take() else {
            welcome(member.cursor);
            return;
        };
        welcome(newest);
        member.cursor = newest;
        waiting.iter().for_each(|event| member.give(event));
    }

    /// Takes a socket out of a room; the last one closes it.
    pub(super) fn leave(&self, user_id: &str, sid: Sid) {
        if let Entry::Occupied(mut room) = self.rooms.entry(Arc::from(user_id)) {
            room.get_mut().retain(|member| member.socket.id != sid);
            if room.get().is_empty() {
                room.remove();
            }
        }
    }

    /// Gives an event to every socket of its user. Costs nothing that grows with users or history.
    pub fn publish(&self, event: &FeedEvent) {
        if let Some(mut room) = self.rooms.get_mut(&event.user_id) {
            for member in room.iter_mut() {
                match &mut member.waiting {
                    Some(waiting) => waiting.push(event.clone()),
                    None => member.give(event),
                }
            }
        }
    }
}

impl Member {
    fn give(&mut self, event: &FeedEvent) {
        if event.seq <= self.cursor {
            return;
        }
        if self.socket.emit(event.name, &*event.payload).is_ok() {
            self.cursor = event.seq;
            return;
        }
        // Its buffer is full. Going on after a gap would lose an event for good; cut off, it comes
        // back and catches up.
        tracing::info!(user.id = %event.user_id, seq = event.seq, "a socket reads too slowly and is cut off");
        let _ = self.socket.clone().disconnect();
    }
}
