//! How a client behaves before and beside its sign-in.
//!
//! Owns the bounds on what it may try: how long it takes to sign in, how often it is refused, how much
//! it says. They are its connection's, so that leaving the namespace and coming back is no new beginning.
//! Must not know whose it is.

use std::time::Duration;

use tokio::time::Instant;

/// How many events a client may send in a window of time, and how long that is: far more than any needs.
const MOST_EVENTS: u16 = 1000;
const WINDOW: Duration = Duration::from_secs(10);
/// How many refused sign-ins end it.
const MOST_REFUSALS: u8 = 10;

pub(super) struct Manners {
    sign_in_by: Instant,
    refusals: u8,
    /// How many events came since the window opened.
    events: u16,
    window: Instant,
}

impl Manners {
    /// Of somebody who has just come, and has so long to sign in.
    pub(super) fn new(auth_timeout: Duration) -> Self {
        let now = Instant::now();
        Self { sign_in_by: now + auth_timeout, refusals: 0, events: 0, window: now }
    }

    /// By when to sign in.
    pub(super) fn sign_in_by(&self) -> Instant {
        self.sign_in_by
    }

    /// Counts an event; whether it may still be heard.
    pub(super) fn speak(&mut self) -> bool {
        if self.window.elapsed() > WINDOW {
            self.window = Instant::now();
            self.events = 0;
        }
        self.events = self.events.saturating_add(1);
        self.events <= MOST_EVENTS
    }

    /// Counts a refused sign-in; whether there are tries left.
    pub(super) fn be_refused(&mut self) -> bool {
        self.refusals = self.refusals.saturating_add(1);
        self.refusals < MOST_REFUSALS
    }
}
