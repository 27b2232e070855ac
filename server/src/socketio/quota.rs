//! The quota of a client's attempts: sign-ins, joins and events.
//!
//! Owns the limits of one connection: the time to sign in, refused sign-ins, joins, events. They apply to the
//! connection, so leaving the namespace and rejoining does not reset them. Must not know which user it is.

use std::time::Duration;

use tokio::time::Instant;

/// How many events a client may send in a window of time: far more than any client needs.
const MAX_EVENTS: u16 = 1000;
const WINDOW: Duration = Duration::from_secs(10);
/// How often a client may join the namespace in such a window: each join allows it to sign in.
const MAX_JOINS: u16 = 20;
/// The number of refused sign-ins after which the client is disconnected.
const MAX_REFUSALS: u8 = 10;

pub(super) struct ClientQuota {
    sign_in_deadline: Instant,
    refusals: u8,
    /// Events and joins since the window started.
    events: u16,
    joins: u16,
    window: Instant,
}

impl ClientQuota {
    /// The quota of a new connection, which has `auth_timeout` to sign in.
    pub(super) fn new(auth_timeout: Duration) -> Self {
        let now = Instant::now();
        Self { sign_in_deadline: now + auth_timeout, refusals: 0, events: 0, joins: 0, window: now }
    }

    /// A client that had signed in leaves the namespace. When it rejoins, it has the full time to sign in again.
    pub(super) fn restart_sign_in(&mut self, auth_timeout: Duration) {
        self.sign_in_deadline = Instant::now() + auth_timeout;
    }

    /// When the client must have signed in.
    pub(super) fn sign_in_deadline(&self) -> Instant {
        self.sign_in_deadline
    }

    /// Counts an event; returns whether it is within the quota.
    pub(super) fn count_event(&mut self) -> bool {
        self.advance_window();
        self.events = self.events.saturating_add(1);
        self.events <= MAX_EVENTS
    }

    /// Counts a join of the namespace; returns whether it is within the quota.
    pub(super) fn count_join(&mut self) -> bool {
        self.advance_window();
        self.joins = self.joins.saturating_add(1);
        self.joins <= MAX_JOINS
    }

    /// Counts a refused sign-in; returns whether another attempt is allowed.
    pub(super) fn count_refusal(&mut self) -> bool {
        self.refusals = self.refusals.saturating_add(1);
        self.refusals < MAX_REFUSALS
    }

    fn advance_window(&mut self) {
        if self.window.elapsed() > WINDOW {
            self.window = Instant::now();
            (self.events, self.joins) = (0, 0);
        }
    }
}
