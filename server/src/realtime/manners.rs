//! How a client behaves before and beside its sign-in.
//!
//! Owns the bounds on what it may try: how long it takes to sign in, how often it is refused, how often it joins,
//! how much it says. They are its connection's, so that leaving the namespace and coming back is no new beginning.
//! Must not know whose it is.

use std::time::Duration;

use tokio::time::Instant;

/// How many events a client may send in a window of time, and how long that is: far more than any needs.
const MOST_EVENTS: u16 = 1000;
const WINDOW: Duration = Duration::from_secs(10);
/// How often it may join the namespace in such a window: each time it can sign in.
const MOST_JOINS: u16 = 20;
/// How many refused sign-ins end it.
const MOST_REFUSALS: u8 = 10;

pub(super) struct Manners {
    sign_in_by: Instant,
    refusals: u8,
    /// How many events came, and how often it joined, since the window opened.
    events: u16,
    joins: u16,
    window: Instant,
}

impl Manners {
    /// Of somebody who has just come, and has so long to sign in.
    pub(super) fn new(auth_timeout: Duration) -> Self {
        let now = Instant::now();
        Self { sign_in_by: now + auth_timeout, refusals: 0, events: 0, joins: 0, window: now }
    }

    /// It had signed in before it left: when it comes back it has as long as anybody to do so again.
    pub(super) fn may_sign_in_again(&mut self, auth_timeout: Duration) {
        self.sign_in_by = Instant::now() + auth_timeout;
    }

    /// By when to sign in.
    pub(super) fn sign_in_by(&self) -> Instant {
        self.sign_in_by
    }

    /// Counts an event; whether it may still be heard.
    pub(super) fn speak(&mut self) -> bool {
        self.turn_window();
        self.events = self.events.saturating_add(1);
        self.events <= MOST_EVENTS
    }

    /// Counts a joining of the namespace; whether it may.
    pub(super) fn join(&mut self) -> bool {
        self.turn_window();
        self.joins = self.joins.saturating_add(1);
        self.joins <= MOST_JOINS
    }

    fn turn_window(&mut self) {
        if self.window.elapsed() > WINDOW {
            self.window = Instant::now();
            (self.events, self.joins) = (0, 0);
        }
    }

    /// Counts a refused sign-in; whether there are tries left.
    pub(super) fn be_refused(&mut self) -> bool {
        self.refusals = self.refusals.saturating_add(1);
        self.refusals < MOST_REFUSALS
    }
}
