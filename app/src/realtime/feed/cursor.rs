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
//! So a connection resumes from the lower of the two, and each cursor ignores events below it. On a page without a
//! stored position, the snapshot counts as notified. Must not hold events or rows.

use wire::api::Snapshot;

/// A position in a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The epoch of the number, if the server sends it.
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
    /// The request has to be repeated: the tab's stored position was not read yet.
    ResumeAgain,
    /// The server's data is not the page's: everything was dropped.
    StartOver,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Cursor {
    pub(super) epoch: Option<String>,
    /// All events up to this number are applied.
    pub(super) seq: u64,
    /// The newest number that is known to exist.
    pub(super) newest: u64,
    /// The number of the last event that listeners were notified of; `None` if that is `seq`.
    pub(super) notified: Option<u64>,
    /// Whether a snapshot with the same numbering as the events is loaded.
    pub(super) loaded: bool,
    request: Request,
}

/// The request of the current connection.
#[derive(Clone, Copy, Debug, Default)]
struct Request {
    since: Option<u64>,
    /// The newest number known at that moment. The server's number is lower only if its data was replaced.
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
    /// The number of the last event that listeners were notified of. `None` until known.
    pub(super) fn notified(&self) -> Option<u64> {
        self.notified.or(self.loaded.then_some(self.seq))
    }

    /// The cursor of a feed that has ended; its owner may sign in again.
    pub(super) fn ended(&self) -> Self {
        let (epoch, notified) = (self.epoch.clone(), self.notified());
        Self { epoch, notified, newest: self.newest, ..Self::default() }
    }

    /// The position of the last notification that this tab has stored. The first call sets it; later, a page from the
    /// browser's history learns what another page has notified since. A number of another epoch is ignored.
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

    /// The position that a new connection sends: the server replays the events after it. With `None`, only later events
    /// arrive.
    pub(super) fn ask(&mut self) -> Option<u64> {
        if self.loaded {
            self.notified.get_or_insert(self.seq);
        }
        let since = if self.loaded { Some(self.since()) } else { self.notified };
        let known = self.newest.max(self.notified.unwrap_or_default());
        self.request = Request { since, known, started_over: false };
        since
    }

    /// The position after which events are missing.
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
            // Earlier transactions are not new.
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

    /// The numbering has changed, and no data of it is loaded.
    pub(super) fn start_over(&mut self, epoch: Option<&str>, newest: u64) {
        let (epoch, notified) = (epoch.map(str::to_owned), Some(newest));
        *self = Self { epoch, newest, notified, request: self.request, ..Self::default() };
    }

    /// Sets the epoch: a server without one gets one without a change of its data.
    pub(super) fn adopt(&mut self, epoch: Option<&str>) {
        if let Some(epoch) = epoch {
            self.epoch = Some(epoch.to_owned());
        }
    }
}
