//! How far the list has come, and how far the listeners have been notified.
//!
//! Owns the two cursors, the epoch of their numbers, and the effect of a sign-in on them. `seq` says up to which event
//! the list is complete, `notified` up to which event the listeners were called. They differ on a page that has just
//! been opened:
//!
//! * `notified` below `seq`: the page was reloaded, and its snapshot includes what happened meanwhile. The events in
//!   between are requested again; they change nothing and are notified, once.
//! * `notified` above `seq`: the page came from a cache and is older than what this tab had seen. The events in
//!   between change the list and are not notified again.
//!
//! So a connection resumes from the lower of the two, and each cursor ignores events that it has seen. A page without
//! a memory counts its snapshot as notified. Must not hold events or rows.

use wire::api::Snapshot;

/// A place in a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The epoch of the number, where the server sends it.
    pub epoch: Option<String>,
    /// The event number.
    pub seq: u64,
}

impl From<u64> for Position {
    fn from(seq: u64) -> Self {
        Self { epoch: None, seq }
    }
}

/// The result of a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// The feed continues.
    Continue,
    /// The request has to be repeated: this tab's memory was not read yet.
    ResumeAgain,
    /// The server's data is not the page's: everything was dropped.
    StartOver,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Cursor {
    pub(super) epoch: Option<String>,
    /// All events up to this number are in.
    pub(super) seq: u64,
    /// The newest number that is known to exist.
    pub(super) newest: u64,
    /// Up to this number the listeners were notified; nothing where that is as far as `seq`.
    pub(super) notified: Option<u64>,
    /// A snapshot is in, of the same numbering as the events.
    pub(super) loaded: bool,
    request: Request,
}

/// The request of the current connection.
#[derive(Clone, Copy, Debug, Default)]
struct Request {
    since: Option<u64>,
    /// The newest number that was known then. The server's is lower only if its data was replaced.
    known: u64,
    /// The sign-in has already reported the new epoch.
    started_over: bool,
}

/// Whether two epochs are known to differ.
pub(super) fn differ(one: Option<&str>, other: Option<&str>) -> bool {
    one.zip(other).is_some_and(|(one, other)| one != other)
}

/// The epoch of a snapshot; its summary has it as well.
pub(super) fn epoch_of(snapshot: &Snapshot) -> Option<&str> {
    snapshot.epoch.as_deref().or(snapshot.summary.epoch.as_deref())
}

impl Cursor {
    /// Up to which number the listeners were notified. Nothing until known.
    pub(super) fn notified(&self) -> Option<u64> {
        self.notified.or(self.loaded.then_some(self.seq))
    }

    /// The cursor of a feed that has ended: its owner may sign in again.
    pub(super) fn ended(&self) -> Self {
        let (epoch, notified) = (self.epoch.clone(), self.notified());
        Self { epoch, notified, newest: self.newest, ..Self::default() }
    }

    /// This tab remembers having notified this far. The first time that decides; later, a page from the browser's
    /// history learns what another page has notified since. A number of another epoch means nothing here.
    pub(super) fn recall(&mut self, remembered: Option<Position>) {
        let Some(Position { epoch, seq }) = remembered else { return };
        if differ(self.epoch.as_deref(), epoch.as_deref()) {
            return;
        }
        if !self.loaded && self.epoch.is_none() {
            self.epoch = epoch;
        }
        self.notified = self.notified.max(Some(seq));
    }

    /// A connection is about to be made: the number after which everything is requested. Without one, only what
    /// happens from then on.
    pub(super) fn ask(&mut self) -> Option<u64> {
        if self.loaded {
            self.notified.get_or_insert(self.seq);
        }
        let since = if self.loaded { Some(self.since()) } else { self.notified };
        let known = self.newest.max(self.notified.unwrap_or_default());
        self.request = Request { since, known, started_over: false };
        since
    }

    /// Where the missing events begin.
    pub(super) fn since(&self) -> u64 {
        self.notified.map_or(self.seq, |notified| notified.min(self.seq))
    }

    /// The server has signed the connection in.
    pub(super) fn signed_in(&mut self, epoch: Option<&str>, newest: u64) -> SignIn {
        let Request { since, known, .. } = self.request;
        let recalled = self.notified.filter(|_| since.is_none());
        let is_behind = newest < known.max(recalled.unwrap_or_default());
        if is_behind || differ(self.epoch.as_deref(), epoch) {
            self.start_over(epoch, newest);
            self.request.started_over = true;
            return SignIn::StartOver;
        }
        self.adopt(epoch);
        self.newest = self.newest.max(newest);
        if !self.loaded && self.notified.is_none() {
            // Transactions from before are not new.
            self.notified = Some(newest);
        }
        if recalled.is_some_and(|notified| notified < newest) { SignIn::ResumeAgain } else { SignIn::Continue }
    }

    /// Whether the sign-in has already reported this epoch.
    pub(super) fn has_started_over(&mut self, epoch: Option<&str>) -> bool {
        let is_announced = std::mem::take(&mut self.request.started_over);
        let is_current = epoch.is_some() && self.epoch.as_deref() == epoch;
        is_current || (is_announced && epoch.is_none())
    }

    /// The numbering is another one from now on, and nothing of it is loaded.
    pub(super) fn start_over(&mut self, epoch: Option<&str>, newest: u64) {
        let (epoch, notified) = (epoch.map(str::to_owned), Some(newest));
        *self = Self { epoch, newest, notified, request: self.request, ..Self::default() };
    }

    /// A server that has no epoch yet gets one without a change of its data.
    pub(super) fn adopt(&mut self, epoch: Option<&str>) {
        if let Some(epoch) = epoch {
            self.epoch = Some(epoch.to_owned());
        }
    }
}
