//! The events that the feed remembers.
//!
//! Owns how many. Must not know what an event means.

use std::collections::BTreeMap;

use crate::realtime::event::FeedEvent;

/// How many applied events are kept, to be applied again to a slightly older snapshot. Far fewer arrive during a
/// reload.
const APPLIED: usize = 256;
/// How many events wait for preceding ones. Others are sent again with the missing events.
const WAITING: usize = 256;

#[derive(Clone, Debug, Default)]
pub(super) struct Journal {
    applied: BTreeMap<u64, FeedEvent>,
    /// Events that wait for preceding events or for the first snapshot.
    waiting: BTreeMap<u64, FeedEvent>,
}

impl Journal {
    pub(super) fn record(&mut self, event: FeedEvent) {
        self.applied.insert(event.seq(), event);
    }

    /// Removes the oldest events beyond the limits. Called after notifying, which may need them.
    pub(super) fn trim(&mut self) {
        while self.applied.len() > APPLIED {
            self.applied.pop_first();
        }
    }

    pub(super) fn get(&self, seq: u64) -> Option<&FeedEvent> {
        self.applied.get(&seq)
    }

    /// Whether the journal has all applied events with these numbers.
    pub(super) fn has_all(&self, mut range: std::ops::RangeInclusive<u64>) -> bool {
        range.all(|seq| self.applied.contains_key(&seq))
    }

    /// The applied events after a number.
    pub(super) fn after(&self, seq: u64) -> impl Iterator<Item = &FeedEvent> {
        self.applied.range(seq + 1..).map(|(_, event)| event)
    }

    /// Removes and returns the applied events after a number.
    pub(super) fn take_after(&mut self, seq: u64) -> BTreeMap<u64, FeedEvent> {
        self.applied.split_off(&(seq + 1))
    }

    /// Forgets the applied events up to a number.
    pub(super) fn forget_until(&mut self, seq: u64) {
        self.applied = self.take_after(seq);
    }

    pub(super) fn wait(&mut self, event: FeedEvent) {
        if self.waiting.len() < WAITING {
            self.waiting.insert(event.seq(), event);
        }
    }

    pub(super) fn take_waiting(&mut self, seq: u64) -> Option<FeedEvent> {
        self.waiting.remove(&seq)
    }

    pub(super) fn take_all_waiting(&mut self) -> impl Iterator<Item = FeedEvent> + use<> {
        std::mem::take(&mut self.waiting).into_values()
    }
}
