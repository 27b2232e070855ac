//! What the feed asks of the server, and how far the person has been told.
//!
//! Owns the two cursors and what a sign-in does to them. `seq` says what is in the list, `told` what
//! the listeners were called for; they differ where a page begins anew:
//!
//! * `told` below `seq`: the page was reloaded, and its snapshot holds what happened while it was
//!   away. The events in between are asked for again; they change nothing and are told, once.
//! * `told` above `seq`: the page came out of a cache and is older than what this tab had seen. The
//!   events in between change the list and are told no more.
//!
//! So a connection asks from the lower of the two, and each cursor takes from the answer what is new
//! to it. A page without a memory has told what its snapshot holds. Must not keep anything itself.

use super::Feed;

/// What the connection at hand was asked for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Asked {
    since: Option<u64>,
    /// The newest number that was known then. The server's own is less only where it begins anew.
    known: u64,
}

impl Feed {
    /// Up to which number the person has been told: what outlives the page. Nothing until it is known.
    pub fn told(&self) -> Option<u64> {
        self.told.or(self.loaded.then_some(self.seq))
    }

    /// This tab remembers having told as much. The first time that decides; later, a page that lay
    /// in the browser's history learns what another one has told since.
    pub fn recall(&mut self, remembered: Option<u64>) {
        self.told = self.told.max(remembered);
    }

    /// A connection is about to be made: the number after which everything is asked for. Without one,
    /// only what happens from then on.
    pub fn ask(&mut self) -> Option<u64> {
        if self.loaded {
            self.told.get_or_insert(self.seq);
        }
        let since = if self.loaded { Some(self.since()) } else { self.told };
        self.asked = Asked { since, known: self.newest.max(self.told.unwrap_or_default()) };
        since
    }

    /// Whose feed it is, where no snapshot has told.
    pub fn belongs_to(&mut self, user_id: &str) {
        user_id.clone_into(&mut self.user_id);
    }

    /// The server has signed the connection in and tells its newest number. Whether it has to be
    /// asked again: what this tab remembers was not known yet when it was asked.
    pub fn signed_in(&mut self, newest: u64) -> bool {
        self.given_up = false;
        let Asked { since, known } = self.asked;
        let recalled = self.told.filter(|_| since.is_none());
        if newest < known.max(recalled.unwrap_or_default()) {
            self.start_over(newest);
            return false;
        }
        self.newest = self.newest.max(newest);
        if !self.loaded && self.told.is_none() {
            // What was there before is no news.
            self.told = Some(newest);
        }
        recalled.is_some_and(|told| told < newest)
    }

    /// The server no longer has the events that were asked for.
    pub fn sync_required(&mut self) {
        if !self.loaded {
            // There is no list to tell by what is new.
            self.told = self.told.max(Some(self.newest));
        }
        self.lose();
        self.require_reload();
    }

    /// The events that are missing will not come: the next snapshot has to tell what is new.
    pub fn lose(&mut self) {
        self.unreachable = true;
        if self.told.is_some_and(|told| told < self.seq) {
            // Nothing is missing in the list, only the telling.
            self.require_reload();
        }
    }

    /// Where the events that it lacks begin.
    pub fn since(&self) -> u64 {
        self.told.map_or(self.seq, |told| told.min(self.seq))
    }

    /// The server's numbers have begun anew: nothing that was loaded before counts, though it is
    /// shown until there is something better.
    fn start_over(&mut self, newest: u64) {
        self.loaded = false;
        self.unreachable = false;
        self.owed.clear();
        self.seq = 0;
        self.newest = newest;
        self.told = Some(newest);
        self.stale_since = None;
        self.disordered_since = None;
        self.tombstones.clear();
        self.log.clear();
        self.held.clear();
    }
}
