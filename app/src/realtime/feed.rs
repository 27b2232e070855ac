//! One user's feed: a snapshot, and the events after it.
//!
//! Owns the rules by which a copy in the browser becomes equal to the database, whatever is late, repeated or lost:
//!
//! * every event has a number; the cursor `seq` says up to which number all of them are in;
//! * an event at or below the cursor is a duplicate and changes nothing;
//! * only the next number is applied; an event beyond it waits, and [reports a gap](Outcome::gap), until the numbers
//!   between have arrived;
//! * an older revision of a transaction never replaces a newer one;
//! * a reload is a snapshot at some number, to which the events beyond it are applied again;
//! * what cannot be known from an event alone requires a reload;
//! * the numbers of another epoch, or a server behind the page, mean that its data was replaced: everything is
//!   dropped and loaded again.
//!
//! Must not know sockets, signals or the clock.

use std::sync::Arc;

use wire::Transaction;
use wire::api::{Account, Snapshot, Summary, TransactionsPage};

use super::event::FeedEvent;

mod contents;
mod cursor;
mod journal;
mod list;
mod notifications;
mod replica;
mod results;
#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;
mod totals;

pub use cursor::{Position, SignIn};
use cursor::{differ, epoch_of};
pub use notifications::News;
use replica::Replica;
pub use results::{Merged, Need, Older, Outcome};

/// How many transactions events may add before the list counts as long. A page that is open for weeks must not grow
/// without limit. The list is shortened only when it is not being read.
const LONG: usize = 2_000;

/// The feed.
#[derive(Clone, Debug, Default)]
pub struct Feed {
    user_id: String,
    replica: Replica,
    /// How often the list was started over.
    loads: u64,
    /// The list is not being read: the next snapshot need not reach as far back as the list.
    unread: bool,
    /// The feed has ended, unless the same user signs in again.
    ended: bool,
}

impl Feed {
    /// The feed of a snapshot.
    pub fn new(snapshot: Snapshot) -> Self {
        let mut feed = Self::default();
        feed.user_id.clone_from(&snapshot.user_id);
        feed.replica.fill(snapshot);
        feed
    }

    /// The owner; empty until known.
    pub fn user_id(&self) -> &str {
        &self.user_id
    }

    /// The number up to which all events are applied.
    pub fn seq(&self) -> u64 {
        self.replica.cursor.seq
    }

    /// The epoch of these numbers, if the server sends it.
    pub fn epoch(&self) -> Option<&str> {
        self.replica.cursor.epoch.as_deref()
    }

    /// The transactions, newest first: shared, not copied.
    pub fn transactions(&self) -> Vec<Arc<Transaction>> {
        self.replica.contents.list.transactions()
    }

    /// How many transactions are loaded.
    pub fn len(&self) -> usize {
        self.replica.contents.list.len()
    }

    /// Whether there is no transaction.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The accounts.
    pub fn accounts(&self) -> &[Account] {
        self.replica.contents.totals.accounts()
    }

    /// The totals.
    pub fn summary(&self) -> &Summary {
        self.replica.contents.totals.summary()
    }

    /// A number that changes whenever a transaction may have been removed, in the list or older than it.
    pub fn removals(&self) -> u64 {
        self.replica.contents.removals
    }

    /// Where the next older page begins; `None` at the end.
    pub fn next_cursor(&self) -> Option<&str> {
        self.replica.contents.list.next_cursor()
    }

    /// Whether a snapshot has been loaded.
    pub fn is_loaded(&self) -> bool {
        self.replica.cursor.loaded
    }

    /// The data that the feed lacks to equal the database.
    pub fn need(&self) -> Need {
        if self.ended {
            Need::Nothing
        } else if !self.replica.cursor.loaded || self.replica.contents.is_stale() {
            Need::Snapshot
        } else if self.replica.cursor.seq < self.replica.cursor.newest {
            Need::Events
        } else {
            Need::Nothing
        }
    }

    /// A reload is needed, whatever the events say.
    pub fn require_reload(&mut self) {
        self.replica.contents.require_reload(self.replica.cursor.newest.max(self.replica.cursor.seq));
    }

    /// The list is not being read: if events have made it long, the next snapshot replaces it. Returns whether it will.
    pub fn shorten(&mut self) -> bool {
        self.unread = self.replica.contents.added > LONG;
        if self.unread {
            self.require_reload();
        }
        self.unread
    }

    /// The snapshot did not arrive; when the next one does, the list may be read again.
    pub fn keep_long(&mut self) {
        self.unread = false;
    }

    /// Ends the feed and drops its contents, because the next user of this page may be another one. The owner and the
    /// position of the last notification stay known, because the owner may sign in again.
    pub fn end(&mut self) {
        *self = Self {
            user_id: std::mem::take(&mut self.user_id),
            replica: self.replica.ended(),
            loads: self.loads + 1,
            unread: false,
            ended: true,
        };
    }

    /// Drops everything: the server's data was replaced and has other numbers.
    pub fn start_over(&mut self, epoch: Option<&str>, newest: u64) {
        self.replica = self.replica.started_over(epoch, newest);
        self.loads += 1;
        self.unread = false;
    }

    /// The number of the last event that listeners were notified of. `None` until known.
    pub fn notified(&self) -> Option<u64> {
        self.replica.cursor.notified()
    }

    /// The same with its epoch, to be stored beyond the page's life.
    pub fn position(&self) -> Option<Position> {
        self.notified().map(|seq| Position { epoch: self.epoch().map(str::to_owned), seq })
    }

    /// The position of the last notification that this tab has stored.
    pub fn recall(&mut self, remembered: Option<Position>) {
        self.replica.cursor.recall(remembered);
    }

    /// The position that a new connection sends: the server replays the events after it. With `None`, only later events
    /// arrive.
    pub fn ask(&mut self) -> Option<u64> {
        self.replica.cursor.ask()
    }

    /// Sets the owner before a snapshot names it.
    pub fn belongs_to(&mut self, user_id: &str) {
        user_id.clone_into(&mut self.user_id);
    }

    /// The server has signed the connection in and sent its epoch and its newest number.
    pub fn signed_in(&mut self, epoch: Option<&str>, newest: u64) -> SignIn {
        self.ended = false;
        let sign_in = self.replica.cursor.signed_in(epoch, newest);
        if sign_in == SignIn::StartOver {
            self.start_over(epoch, newest);
        }
        sign_in
    }

    /// The server's data is of another epoch. Returns whether everything was dropped: not if the sign-in already
    /// reported it.
    pub fn epoch_changed(&mut self, epoch: Option<&str>, newest: u64) -> bool {
        if self.replica.cursor.has_started_over(epoch) {
            return false;
        }
        self.start_over(epoch, newest);
        true
    }

    /// The server no longer has the events that were requested.
    pub fn sync_required(&mut self) {
        self.replica.sync_required();
        self.require_reload();
    }

    /// The missing events will not arrive: the next snapshot has to show the new transactions.
    pub fn lose(&mut self) {
        if self.replica.lose() {
            self.require_reload();
        }
    }

    /// The position after which events are missing.
    pub fn since(&self) -> u64 {
        self.replica.cursor.since()
    }

    /// Applies one event, and those that waited for it.
    pub fn apply(&mut self, event: FeedEvent) -> Outcome {
        let mut outcome = Outcome::default();
        self.replica.receive(event, &mut outcome);
        outcome
    }

    /// Whether a snapshot is of another epoch than the feed.
    pub fn is_foreign(&self, snapshot: &Snapshot) -> bool {
        differ(self.epoch(), epoch_of(snapshot))
    }

    /// Whether the journal still has the events after a snapshot.
    fn accepts(&self, snapshot: &Snapshot) -> bool {
        !self.ended && !self.is_foreign(snapshot) && self.replica.covers(snapshot.seq)
    }

    /// Whether a snapshot replaces the older pages as well, because they may have changed.
    fn begins_anew(&self, snapshot: &Snapshot) -> bool {
        let missed = !self.replica.cursor.loaded || self.replica.cursor.seq < snapshot.seq;
        missed || self.unread || self.replica.contents.is_disordered() || self.user_id != snapshot.user_id
    }

    /// How many more, older transactions a snapshot has to contain for the list to stay as long as it is. 0 if the rest
    /// of the list is kept anyway, or is not being read.
    pub fn lacking(&self, snapshot: &Snapshot) -> usize {
        if snapshot.next_cursor.is_none() || self.unread || !self.accepts(snapshot) || !self.begins_anew(snapshot) {
            return 0;
        }
        self.replica.contents.list.lacking(&snapshot.transactions)
    }

    /// Joins a reloaded snapshot with the events that are newer than it. `None` if the snapshot is too old or of
    /// another epoch, or if the feed has ended. The snapshot must not be [`lacking`](Self::lacking) anything.
    pub fn merge(&mut self, snapshot: Snapshot) -> Option<Merged> {
        if !self.accepts(&snapshot) {
            return None;
        }
        let anew = self.begins_anew(&snapshot);
        self.loads += u64::from(anew);
        self.user_id.clone_from(&snapshot.user_id);
        if std::mem::take(&mut self.unread) {
            self.replica.contents.added = 0;
        }
        Some(Merged { news: self.replica.merge(snapshot, anew) })
    }

    /// The next older page, if there is one.
    pub fn older(&self) -> Option<Older> {
        self.next_cursor().map(|cursor| Older { cursor: cursor.to_owned(), load: self.loads })
    }

    /// Adds an older page. Ignores one that is no longer the next, or that was requested before the list was started
    /// over.
    pub fn append(&mut self, requested: &Older, page: TransactionsPage) -> bool {
        if self.older().as_ref() != Some(requested) {
            return false;
        }
        self.replica.contents.append(page, self.replica.cursor.seq);
        true
    }
}
