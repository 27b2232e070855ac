//! A circuit breaker: a core app that is down is asked now and then, not by everybody at once.
//!
//! Owns when to try. Must not know what is tried; the time and the jitter are passed in. It goes by the
//! process's own time, which nobody can set back.

use std::time::{Duration, Instant};

/// How many failures in a row open it.
const OPENS_AFTER: u32 = 5;
/// The first and the longest pause.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60);

/// Closed, open until some time, or letting one try through.
#[derive(Debug, Default)]
pub struct Breaker {
    failures: u32,
    open: Option<Open>,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    since: Instant,
    until: Instant,
    /// Whether the one try is under way.
    is_probing: bool,
}

/// What may be begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// Anything.
    All,
    /// One try, of which the rest depends.
    One,
    /// Nothing before this time.
    NoneUntil(Instant),
    /// Nothing until the one try has ended.
    None,
}

impl Breaker {
    /// What may be begun now.
    pub(super) fn room(&self, now: Instant) -> Room {
        match self.open {
            None => Room::All,
            Some(Open { is_probing: true, .. }) => Room::None,
            Some(Open { until, .. }) if now < until => Room::NoneUntil(until),
            Some(_) => Room::One,
        }
    }

    /// Whether one may try now. An open breaker whose time has come lets a single one through.
    pub(super) fn allows(&mut self, now: Instant) -> bool {
        let room = self.room(now);
        if let Some(open) = self.open.as_mut().filter(|_| room == Room::One) {
            open.is_probing = true;
        }
        matches!(room, Room::All | Room::One)
    }

    /// Whether the core app is given up, but for a try now and then. It stays so during that try.
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// The core app answered, or somebody has mended what was broken; whether it had been open.
    pub fn close(&mut self) -> bool {
        std::mem::take(self).is_open()
    }

    /// A try that was begun at a time has failed; `jitter` is between 0 and 1. What was begun before it
    /// opened tells nothing new.
    pub(super) fn failed(&mut self, begun: Instant, now: Instant, jitter: f64) {
        if self.open.is_some_and(|open| begun < open.since) {
            return;
        }
        self.failures = self.failures.saturating_add(1);
        if self.failures >= OPENS_AFTER {
            self.open_for(now, pause(self.failures - OPENS_AFTER, FIRST, LONGEST, jitter));
        }
    }

    /// The core app refuses our secret: nothing is sent for so long.
    pub(super) fn hold(&mut self, now: Instant, pause: Duration) {
        self.failures = self.failures.max(OPENS_AFTER);
        self.open_for(now, pause);
    }

    fn open_for(&mut self, now: Instant, pause: Duration) {
        self.open = Some(Open { since: now, until: now + pause, is_probing: false });
    }
}

/// `first` doubled `attempt` times, at most `longest`, and between half and all of that.
pub(super) fn pause(attempt: u32, first: Duration, longest: Duration, jitter: f64) -> Duration {
    let full = first.saturating_mul(2_u32.saturating_pow(attempt.min(30))).min(longest);
    full.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_five_failures_in_a_row_and_lets_one_through_later() {
        let start = Instant::now();
        let at = |second| start + Duration::from_secs(second);
        let mut breaker = Breaker::default();
        for _ in 0..4 {
            breaker.failed(at(0), at(0), 1.0);
        }
        assert!(breaker.allows(at(0)));
        breaker.failed(at(0), at(0), 1.0);
        assert_eq!((breaker.allows(at(0)), breaker.room(at(0))), (false, Room::NoneUntil(at(1))));
        assert_eq!((breaker.room(at(1)), breaker.allows(at(1))), (Room::One, true));
        assert_eq!(
            (breaker.room(at(1)), breaker.allows(at(1))),
            (Room::None, false),
            "a second one waits for the first"
        );
        breaker.failed(at(1), at(1), 1.0);
        assert!(!breaker.allows(at(2)), "the pause has doubled");
        assert!(breaker.allows(at(3)) && breaker.is_open());
        assert!(breaker.close() && !breaker.is_open() && !breaker.close());
        assert!(breaker.allows(at(3)) && breaker.allows(at(3)));
    }

    #[test]
    fn what_was_begun_before_it_opened_makes_the_pause_no_longer() {
        let start = Instant::now();
        let at = |second| start + Duration::from_secs(second);
        let mut breaker = Breaker::default();
        for _ in 0..16 {
            breaker.failed(at(0), at(10), 1.0);
        }
        assert_eq!(breaker.room(at(10)), Room::NoneUntil(at(11)));
    }

    #[test]
    fn pauses_grow_to_their_limit_and_never_vanish() {
        let (first, longest) = (Duration::from_secs(1), Duration::from_secs(60));
        assert_eq!(pause(0, first, longest, 1.0), Duration::from_secs(1));
        assert_eq!(pause(3, first, longest, 0.0), Duration::from_secs(4));
        assert_eq!(pause(u32::MAX, first, longest, 1.0), longest);
    }
}
