//! A member of a room: the delivery state of one subscriber.
//!
//! Owns whether it is live or lagging, and that it is given each event of its epoch once and in order. Must not know
//! other members, nor read the log.

use std::sync::Arc;

use super::subscriber::Subscriber;
use crate::slots::Slot;
use crate::store::{Epoch, FeedEvent};

/// A subscriber in a room.
pub(super) struct Member {
    pub(super) subscriber: Subscriber,
    /// The epoch of the cursor; none until delivery starts.
    pub(super) epoch: Epoch,
    /// The number of the last event that it was given.
    pub(super) cursor: u64,
    mode: Mode,
    /// Whether delivery has started: before that there is no epoch.
    has_started: bool,
    /// Its share of the user's limit over all nodes, if there are several.
    _slot: Option<Slot>,
}

enum Mode {
    /// Has everything up to `cursor`, and receives the next event at once.
    Live,
    /// Is catching up to the newest published number.
    Lagging { published: u64 },
}

/// The delivery state of a subscriber.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SyncState {
    /// It has left the room or was removed.
    Gone,
    /// The log has more events for it, up to at least this number.
    Lagging(u64),
    /// Its cursor is of an earlier epoch.
    Replaced,
    /// It is live.
    InSync,
}

/// A live subscriber that could not take an event and has to catch up from the log.
pub(super) struct LaggingSubscriber {
    pub(super) user_id: Arc<str>,
    pub(super) subscriber: Subscriber,
    pub(super) epoch: Epoch,
    pub(super) cursor: u64,
}

impl Member {
    /// A member whose delivery has not started.
    pub(super) fn joining(subscriber: Subscriber, slot: Option<Slot>) -> Self {
        Self {
            subscriber,
            epoch: Epoch::none(),
            cursor: 0,
            mode: Mode::Lagging { published: 0 },
            has_started: false,
            _slot: slot,
        }
    }

    pub(super) fn is_live(&self) -> bool {
        matches!(self.mode, Mode::Live)
    }

    /// It has received everything of an epoch up to `cursor` and has to reach at least `until`.
    pub(super) fn sync(&mut self, epoch: &Epoch, cursor: u64, until: u64) -> SyncState {
        if epoch.is_before(&self.epoch) {
            return SyncState::Replaced;
        }
        self.enter(epoch, cursor);
        self.cursor = self.cursor.max(cursor);
        match self.mode {
            _ if cursor < until => SyncState::Lagging(until),
            Mode::Lagging { published } if published > cursor => SyncState::Lagging(published),
            _ => {
                self.mode = Mode::Live;
                SyncState::InSync
            }
        }
    }

    /// It was to reach `number`, but the log, read after that, ends before it.
    pub(super) fn retract(&mut self, number: u64, newest: u64) {
        if let Mode::Lagging { published } = &mut self.mode
            && *published == number
        {
            *published = newest;
        }
    }

    /// An event was committed. Returns the subscriber if it has to start catching up from the log.
    pub(super) fn publish(&mut self, event: &FeedEvent) -> Option<LaggingSubscriber> {
        if event.epoch.is_before(&self.epoch) {
            // The event's history has been replaced.
            return None;
        }
        if self.epoch.is_before(&event.epoch) {
            // In another epoch the event's number means nothing: the subscriber has to be told of the new epoch first.
            let was_live = self.is_live();
            let lagging = self.fall_behind(&event.user_id, event.seq);
            self.epoch = event.epoch.clone();
            return was_live.then_some(lagging);
        }
        match &mut self.mode {
            // Two commits of a user may be published in either order, so the newest known number never decreases.
            Mode::Lagging { published } => *published = event.seq.max(*published),
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

    /// The log has reached a number that was not published here. Returns the subscriber if it has to start catching up;
    /// one that is already catching up continues to this number.
    pub(super) fn advance(&mut self, user_id: &Arc<str>, newest: u64) -> Option<LaggingSubscriber> {
        match &mut self.mode {
            Mode::Lagging { published } => *published = newest.max(*published),
            Mode::Live if self.cursor < newest => return Some(self.fall_behind(user_id, newest)),
            Mode::Live => {}
        }
        None
    }

    /// Moves the member to this epoch, lagging, unless it is there already. What was known of an earlier epoch's log
    /// does not apply to this one.
    pub(super) fn enter(&mut self, epoch: &Epoch, cursor: u64) {
        if self.epoch.is_before(epoch) {
            let published = match self.mode {
                Mode::Lagging { published } if !self.has_started => published,
                _ => 0,
            };
            self.epoch = epoch.clone();
            self.cursor = cursor;
            self.mode = Mode::Lagging { published };
            self.has_started = true;
        }
    }

    pub(super) fn fall_behind(&mut self, user_id: &Arc<str>, published: u64) -> LaggingSubscriber {
        self.mode = Mode::Lagging { published };
        LaggingSubscriber {
            user_id: Arc::clone(user_id),
            subscriber: self.subscriber.clone(),
            epoch: self.epoch.clone(),
            cursor: self.cursor,
        }
    }
}
