//! The copy of the server's data, kept up to date by events.
//!
//! Owns applying the events one after the other, and joining a snapshot with them. Must not know the user or the page.

use wire::Transaction;
use wire::api::Snapshot;

use super::contents::Contents;
use super::cursor::{Cursor, epoch_of};
use super::journal::Journal;
use super::notifications::{News, Skipped};
use super::results::Outcome;
use crate::realtime::event::FeedEvent;

#[derive(Clone, Debug, Default)]
pub(super) struct Replica {
    pub(super) cursor: Cursor,
    pub(super) contents: Contents,
    journal: Journal,
    skipped: Skipped,
    /// The missing events will not arrive.
    unreachable: bool,
}

impl Replica {
    /// No data, after the end of the feed: only its position.
    pub(super) fn ended(&self) -> Self {
        Self { cursor: self.cursor.ended(), ..Self::default() }
    }

    /// No data, because the server's data was replaced.
    pub(super) fn started_over(&self, epoch: Option<&str>, newest: u64) -> Self {
        let mut cursor = self.cursor.clone();
        cursor.start_over(epoch, newest);
        Self { cursor, contents: self.contents.dropped(), ..Self::default() }
    }

    /// Applies one event, and those that waited for it.
    pub(super) fn receive(&mut self, event: FeedEvent, outcome: &mut Outcome) {
        let seq = event.seq();
        self.cursor.newest = self.cursor.newest.max(seq);
        if !self.cursor.loaded {
            return self.journal.wait(event);
        }
        let notified = *self.cursor.notified.get_or_insert(self.cursor.seq);
        if seq > self.cursor.seq + 1 {
            self.journal.wait(event);
        } else if seq > self.cursor.seq {
            self.advance(event, outcome);
            while let Some(next) = self.journal.take_waiting(self.cursor.seq + 1) {
                self.advance(next, outcome);
            }
        } else if seq > notified {
            self.journal.record(event);
            self.notify(outcome);
            self.journal.trim();
        }
        let notified = self.cursor.notified.unwrap_or_default();
        outcome.gap |= !self.unreachable && seq > self.cursor.seq.min(notified);
        if self.cursor.seq >= self.cursor.newest && notified >= self.cursor.seq {
            self.unreachable = false;
        }
    }

    fn advance(&mut self, event: FeedEvent, outcome: &mut Outcome) {
        outcome.changed |= self.take_in(event);
        self.notify(outcome);
    }

    fn take_in(&mut self, event: FeedEvent) -> bool {
        self.cursor.seq = event.seq();
        let changed = self.contents.apply(&event);
        self.journal.record(event);
        self.journal.trim();
        changed
    }

    fn notify(&mut self, outcome: &mut Outcome) {
        outcome.news.extend(self.skipped.notify(&mut self.cursor, &self.journal, &self.contents));
    }

    /// The server no longer has the events that were requested.
    pub(super) fn sync_required(&mut self) {
        if !self.cursor.loaded {
            // Without a list, new transactions cannot be recognised.
            self.cursor.notified = self.cursor.notified.max(Some(self.cursor.newest));
        }
        self.lose();
    }

    /// The missing events will not arrive: the next snapshot has to show the new transactions. Returns whether one is
    /// needed for that.
    pub(super) fn lose(&mut self) -> bool {
        self.unreachable = true;
        // The list may be complete and only the notifications missing.
        self.cursor.notified.is_some_and(|notified| notified < self.cursor.seq)
    }

    /// Whether the journal has all applied events after a number.
    pub(super) fn covers(&self, seq: u64) -> bool {
        self.journal.has_all(seq + 1..=self.cursor.seq)
    }

    /// Joins a snapshot with the events that are newer than it. `anew`: the older pages cannot be kept.
    pub(super) fn merge(&mut self, snapshot: Snapshot, anew: bool) -> Vec<News> {
        let (at, has_older) = (snapshot.seq, snapshot.next_cursor.is_some());
        let (was_loaded, before_seq) = (self.cursor.loaded, self.cursor.seq);
        let later = self.journal.take_after(at);
        // Keeps the events that are still to be notified.
        self.journal.forget_until(self.cursor.since());
        let before = self.contents.clone();
        self.contents.removals += u64::from(anew);
        self.fill(snapshot);
        let has_notified = self.cursor.notified.is_some_and(|notified| notified <= before_seq);
        if was_loaded && before_seq < at && has_notified {
            self.skipped.add(&self.contents, &before);
        }
        if !anew && has_older {
            let comes_later = |transaction: &Transaction| later.values().any(|event| event.carries(transaction));
            self.contents.list.keep_older(&before.list, comes_later);
        }
        for event in later.into_values() {
            self.take_in(event);
        }
        let mut outcome = Outcome::default();
        if was_loaded && self.unreachable {
            outcome.news = self.skipped.notify_all(&mut self.cursor, &self.journal, &self.contents);
        }
        for event in self.journal.take_all_waiting() {
            self.receive(event, &mut outcome);
        }
        self.unreachable &= self.cursor.seq < self.cursor.newest;
        outcome.news
    }

    /// Replaces the list, the accounts and the totals with a snapshot.
    pub(super) fn fill(&mut self, snapshot: Snapshot) {
        self.cursor.adopt(epoch_of(&snapshot));
        self.cursor.loaded = true;
        self.cursor.seq = snapshot.seq;
        self.cursor.newest = self.cursor.newest.max(snapshot.seq);
        self.contents = self.contents.reloaded(snapshot);
    }
}
