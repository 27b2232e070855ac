//! Rooms: the subscribers of each user's events.
//!
//! Owns membership, the limit of subscribers per user, and that each receives each event of its user once and in order.
//! Must not authenticate a subscriber, nor read the store ([`super::catch_up`] does).
//!
//! A subscriber is live or lagging. A live one receives each event as it is published. For a lagging one only the
//! newest published number is noted, and it catches up from the log until it is in sync. Joining, replaying and
//! recovering from a full buffer are therefore one case, and none of them holds events in memory.

use std::sync::Arc;

use dashmap::DashMap;
use tokio::sync::mpsc;

use super::subscriber::{CloseReason, Subscriber, SubscriberId};
use crate::metrics::Metrics;
use crate::store::FeedEvent;
use crate::tasks;

/// Every room of this node.
pub struct Hub {
    rooms: DashMap<Arc<str>, Vec<Member>>,
    limit: usize,
    lagging: mpsc::UnboundedSender<LaggingSubscriber>,
    metrics: Arc<Metrics>,
}

/// A subscriber in a room.
struct Member {
    subscriber: Subscriber,
    /// The number of the last event that it was given.
    cursor: u64,
    mode: Mode,
}

enum Mode {
    /// Has everything up to `cursor`, and receives the next event at once.
    Live,
    /// Is catching up to the newest published number.
    Lagging { published: u64 },
}

/// How far a subscriber is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SyncState {
    /// It has left the room or was removed.
    Gone,
    /// The log has more for it.
    Lagging,
    /// It is live.
    InSync,
}

/// A live subscriber that could not take an event and has to catch up from the log.
pub(super) struct LaggingSubscriber {
    pub(super) user_id: Arc<str>,
    pub(super) subscriber: Subscriber,
    pub(super) cursor: u64,
}

/// The user has as many subscribers as are allowed.
#[derive(Debug, PartialEq, Eq)]
pub struct RoomFull;

impl Hub {
    /// Rooms of at most `limit` subscribers; those that fall behind are sent to `lagging`.
    pub(super) fn new(limit: u32, lagging: mpsc::UnboundedSender<LaggingSubscriber>, metrics: Arc<Metrics>) -> Self {
        Self { rooms: DashMap::new(), limit: limit as usize, lagging, metrics }
    }

    /// What is counted.
    pub(super) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// How many rooms there are.
    pub fn rooms(&self) -> usize {
        self.rooms.len()
    }

    /// How many subscribers there are in all rooms.
    pub fn members(&self) -> usize {
        self.rooms.iter().map(|room| room.len()).sum()
    }

    /// How many subscribers a user has.
    pub fn count(&self, user_id: &str) -> usize {
        self.rooms.get(user_id).map_or(0, |room| room.len())
    }

    /// Adds a subscriber to the user's room, lagging. Counting and adding are one step, so that two cannot both take
    /// the last permit. Whether it is new there.
    pub fn join(&self, user_id: &Arc<str>, subscriber: &Subscriber) -> Result<bool, RoomFull> {
        let mut room = self.rooms.entry(Arc::clone(user_id)).or_default();
        if room.iter().any(|member| member.subscriber.id() == subscriber.id()) {
            return Ok(false);
        }
        if room.len() >= self.limit {
            return Err(RoomFull);
        }
        room.push(Member { subscriber: subscriber.clone(), cursor: 0, mode: Mode::Lagging { published: 0 } });
        Ok(true)
    }

    /// Removes a subscriber from a room; an empty room is dropped. Whether it was there.
    pub fn leave(&self, user_id: &str, id: SubscriberId) -> bool {
        let Some(mut room) = self.rooms.get_mut(user_id) else { return false };
        let before = room.len();
        room.retain(|member| member.subscriber.id() != id);
        let has_left = room.len() < before;
        drop(room);
        self.rooms.remove_if(user_id, |_, room| room.is_empty());
        has_left
    }

    /// Gives an event to every subscriber of its user. The cost does not grow with users or history. A subscriber whose
    /// sink panics holds up no other one, and catches up from the log.
    pub fn publish(&self, event: &FeedEvent) {
        if let Some(mut room) = self.rooms.get_mut(&event.user_id) {
            for member in room.iter_mut() {
                let lagging = tasks::catch_panic_now("publish", &self.metrics, || member.publish(event));
                if let Some(lagging) = lagging.unwrap_or_else(|_| Some(member.fall_behind(&event.user_id, event.seq))) {
                    let _ = self.lagging.send(lagging);
                }
            }
        }
    }

    /// Disconnects a subscriber that does not read. It can reconnect and resume.
    pub(super) fn disconnect_lagging(&self, user_id: &str, subscriber: &Subscriber) {
        if self.leave(user_id, subscriber.id()) {
            self.metrics.cut_off.inc();
            subscriber.sink().close(CloseReason::Lagging);
        }
    }

    /// The state of a subscriber that has received everything up to `cursor` and has to reach `until` at least. It is
    /// live from then on, unless more has been published since.
    pub(super) fn sync(&self, user_id: &str, id: SubscriberId, cursor: u64, until: u64) -> SyncState {
        let Some(mut room) = self.rooms.get_mut(user_id) else { return SyncState::Gone };
        let Some(member) = room.iter_mut().find(|member| member.subscriber.id() == id) else { return SyncState::Gone };
        member.cursor = member.cursor.max(cursor);
        match member.mode {
            _ if cursor < until => SyncState::Lagging,
            Mode::Lagging { published } if published > cursor => SyncState::Lagging,
            _ => {
                member.mode = Mode::Live;
                SyncState::InSync
            }
        }
    }

    /// Whether a subscriber is still in the room.
    pub(super) fn has(&self, user_id: &str, id: SubscriberId) -> bool {
        self.rooms.get(user_id).is_some_and(|room| room.iter().any(|member| member.subscriber.id() == id))
    }

    /// The users that have live subscribers, each with the lowest cursor of those.
    pub(super) fn cursors(&self) -> Vec<(Arc<str>, u64)> {
        let lowest = |room: &Vec<Member>| {
            let live = room.iter().filter(|member| matches!(member.mode, Mode::Live));
            live.map(|member| member.cursor).min()
        };
        self.rooms.iter().filter_map(|room| Some((Arc::clone(room.key()), lowest(&room)?))).collect()
    }

    /// A user's log has reached a number that was not published here: another process wrote to it.
    pub(super) fn log_advanced(&self, user_id: &Arc<str>, newest: u64) {
        if let Some(mut room) = self.rooms.get_mut(user_id) {
            for member in room.iter_mut().filter(|member| matches!(member.mode, Mode::Live) && member.cursor < newest) {
                let _ = self.lagging.send(member.fall_behind(user_id, newest));
            }
        }
    }
}

impl Member {
    fn publish(&mut self, event: &FeedEvent) -> Option<LaggingSubscriber> {
        match &mut self.mode {
            Mode::Lagging { published } => *published = event.seq,
            Mode::Live if event.seq <= self.cursor => {}
            // A gap means that another process wrote to the log; otherwise the buffer is full. Both are resolved by
            // catching up from the log.
            Mode::Live if event.seq > self.cursor + 1 || !self.subscriber.sink().try_send(event) => {
                return Some(self.fall_behind(&event.user_id, event.seq));
            }
            Mode::Live => self.cursor = event.seq,
        }
        None
    }

    fn fall_behind(&mut self, user_id: &Arc<str>, published: u64) -> LaggingSubscriber {
        self.mode = Mode::Lagging { published };
        LaggingSubscriber { user_id: Arc::clone(user_id), subscriber: self.subscriber.clone(), cursor: self.cursor }
    }
}
