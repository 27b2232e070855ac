//! The rooms: who gets a user's events.
//!
//! Owns membership, the limit of members a room may have, and that each gets each event of its user
//! once and in order. Must not decide whose a member is ([`super::sign_in`] does) nor read the store
//! ([`super::resume`] does).
//!
//! A member is live, or it is behind. A live one is given each event as it is published; one that is
//! behind is only told how far the log has come, and catches up from the log until it is level. So a
//! joining, a replay and a full buffer are the same thing, and none holds events in memory.

use std::sync::Arc;

use dashmap::DashMap;
use tokio::sync::mpsc;

use super::lines::Lines;
use super::outlet::Outlet;
use super::visit::MemberId;
use crate::metrics::Metrics;
use crate::store::FeedEvent;

/// Every room of this node.
pub struct Hub {
    rooms: DashMap<Arc<str>, Vec<Member>>,
    limit: usize,
    stragglers: mpsc::UnboundedSender<Straggler>,
    lines: Arc<Lines>,
    metrics: Arc<Metrics>,
}

struct Member {
    outlet: Outlet,
    /// The number of the last event that it was given.
    cursor: u64,
    mode: Mode,
}

enum Mode {
    /// Has everything up to `cursor`, and gets the next event at once.
    Live,
    /// Is being brought up to what was published.
    Behind { published: u64 },
}

/// Where a member stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It has left, or was taken out.
    Gone,
    /// There is more for it in the log.
    Behind,
    /// It is live.
    Level,
}

/// A live member that could not take an event: somebody has to bring it up again.
pub(super) struct Straggler {
    pub(super) user_id: Arc<str>,
    pub(super) outlet: Outlet,
    pub(super) cursor: u64,
}

/// The room has as many members as are allowed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Full;

impl Hub {
    /// Rooms of at most `limit` members; those that fall behind go to `stragglers`.
    pub(super) fn new(limit: u32, stragglers: mpsc::UnboundedSender<Straggler>, metrics: Arc<Metrics>) -> Self {
        Self { rooms: DashMap::new(), limit: limit as usize, stragglers, lines: Arc::default(), metrics }
    }

    /// The connections beneath the sockets.
    pub fn lines(&self) -> &Arc<Lines> {
        &self.lines
    }

    /// What is counted.
    pub(super) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// How many rooms there are.
    pub fn rooms(&self) -> usize {
        self.rooms.len()
    }

    /// How many members all rooms have.
    pub fn members(&self) -> usize {
        self.rooms.iter().map(|room| room.len()).sum()
    }

    /// Takes a member out that takes nothing, with its connection: it can come back and resume. A stream
    /// ends when its room drops it.
    pub(super) fn cut_off(&self, user_id: &str, outlet: &Outlet) {
        if !self.leave(user_id, outlet.id()) {
            // It has gone by itself; whoever has its id by now is another.
            return;
        }
        self.metrics.cut_off.inc();
        if let Outlet::Socket(socket, _) = outlet {
            self.lines.hang_up(socket);
        }
    }

    /// How many members a user's room has.
    pub fn count(&self, user_id: &str) -> usize {
        self.rooms.get(user_id).map_or(0, |room| room.len())
    }

    /// Puts a member into the user's room, behind. Counting and joining are one step, so that two
    /// can't both take the last place. Whether it is new there.
    pub(super) fn join(&self, user_id: &Arc<str>, outlet: &Outlet) -> Result<bool, Full> {
        let mut room = self.rooms.entry(Arc::clone(user_id)).or_default();
        if room.iter().any(|member| member.outlet.id() == outlet.id()) {
            return Ok(false);
        }
        if room.len() >= self.limit {
            return Err(Full);
        }
        room.push(Member { outlet: outlet.clone(), cursor: 0, mode: Mode::Behind { published: 0 } });
        Ok(true)
    }

    /// Where a member stands that has been given everything up to `cursor`, and has to reach `until` at
    /// least: it is live from then on, unless more has been published since.
    pub(super) fn level(&self, user_id: &str, id: MemberId, cursor: u64, until: u64) -> Standing {
        let Some(mut room) = self.rooms.get_mut(user_id) else { return Standing::Gone };
        let Some(member) = room.iter_mut().find(|member| member.outlet.id() == id) else { return Standing::Gone };
        member.cursor = member.cursor.max(cursor);
        match member.mode {
            _ if cursor < until => Standing::Behind,
            Mode::Behind { published } if published > cursor => Standing::Behind,
            _ => {
                member.mode = Mode::Live;
                Standing::Level
            }
        }
    }

    /// Whether a member is still there.
    pub(super) fn has(&self, user_id: &str, id: MemberId) -> bool {
        self.rooms.get(user_id).is_some_and(|room| room.iter().any(|member| member.outlet.id() == id))
    }

    /// Takes a member out of a room; the last one closes it. Whether it was there.
    pub(super) fn leave(&self, user_id: &str, id: MemberId) -> bool {
        let Some(mut room) = self.rooms.get_mut(user_id) else { return false };
        let before = room.len();
        room.retain(|member| member.outlet.id() != id);
        let has_left = room.len() < before;
        drop(room);
        self.rooms.remove_if(user_id, |_, room| room.is_empty());
        has_left
    }

    /// The users whose rooms are open, each with the lowest number that a live member of it has.
    pub(super) fn cursors(&self) -> Vec<(Arc<str>, u64)> {
        let lowest = |room: &Vec<Member>| {
            let live = room.iter().filter(|member| matches!(member.mode, Mode::Live));
            live.map(|member| member.cursor).min()
        };
        self.rooms.iter().filter_map(|room| Some((Arc::clone(room.key()), lowest(&room)?))).collect()
    }

    /// A user's log has come to a number, though nobody has published that: another process wrote to it.
    pub(super) fn notice(&self, user_id: &Arc<str>, newest: u64) {
        if let Some(mut room) = self.rooms.get_mut(user_id) {
            for member in room.iter_mut().filter(|member| matches!(member.mode, Mode::Live) && member.cursor < newest) {
                let _ = self.stragglers.send(member.fall_behind(user_id, newest));
            }
        }
    }

    /// Gives an event to every member of its user's room. Costs nothing that grows with users or
    /// history.
    pub fn publish(&self, event: &FeedEvent) {
        if let Some(mut room) = self.rooms.get_mut(&event.user_id) {
            for member in room.iter_mut() {
                if let Some(straggler) = member.publish(event) {
                    let _ = self.stragglers.send(straggler);
                }
            }
        }
    }
}

impl Member {
    fn publish(&mut self, event: &FeedEvent) -> Option<Straggler> {
        match &mut self.mode {
            Mode::Behind { published } => *published = event.seq,
            Mode::Live if event.seq <= self.cursor => {}
            // A gap: another process wrote to the log, or the buffer is full. Both are mended from
            // the log.
            Mode::Live if event.seq > self.cursor + 1 || !self.outlet.give(event) => {
                return Some(self.fall_behind(&event.user_id, event.seq));
            }
            Mode::Live => self.cursor = event.seq,
        }
        None
    }

    fn fall_behind(&mut self, user_id: &Arc<str>, published: u64) -> Straggler {
        self.mode = Mode::Behind { published };
        Straggler { user_id: Arc::clone(user_id), outlet: self.outlet.clone(), cursor: self.cursor }
    }
}
