//! A circuit breaker: a core app that is down is asked now and then, not by everybody at once.
//!
//! Owns when to try. Must not know what is tried; the clock and the jitter are passed in.

use std::time::Duration;

use jiff::Timestamp;

/// How many failures in a row open it.
const OPENS_AFTER: u32 = 5;
/// The first and the longest pause.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60);

/// Closed, open until some time, or letting one try through.
#[derive(Debug, Default)]
pub struct Breaker {
    failures: u32,
    open_until: Option<Timestamp>,
    probing: bool,
}

impl Breaker {
    /// Whether one may try now. An open breaker whose time has come lets a single one through.
    pub(super) fn allows(&mut self, now: Timestamp) -> bool {
        match self.open_until {
            None => true,
            Some(until) if now >= until && !self.probing => {
                self.probing = true;
                true
            }
            Some(_) => false,
        }
    }

    /// Whether the core app is given up, but for a try now and then. It stays so during that try.
    pub fn is_open(&self) -> bool {
        self.open_until.is_some()
    }

    /// Somebody has mended what was broken.
    pub fn close(&mut self) {
        *self = Self::default();
    }

    /// When it is worth asking again.
    pub(super) fn reopens_at(&self) -> Option<Timestamp> {
        self.open_until
    }

    /// The core app answered: it is up.
    pub(super) fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// It did not; `jitter` is between 0 and 1.
    pub(super) fn failed(&mut self, now: Timestamp, jitter: f64) {
        self.failures = self.failures.saturating_add(1);
        self.probing = false;
        if self.failures >= OPENS_AFTER {
            self.open_until = Some(later(now, pause(self.failures - OPENS_AFTER, FIRST, LONGEST, jitter)));
        }
    }

    /// The core app refuses our secret: nothing is sent for so long.
    pub(super) fn hold(&mut self, now: Timestamp, pause: Duration) {
        self.probing = false;
        self.failures = self.failures.max(OPENS_AFTER);
        self.open_until = Some(later(now, pause));
    }
}

/// `first` doubled `attempt` times, at most `longest`, and between half and all of that.
pub(super) fn pause(attempt: u32, first: Duration, longest: Duration, jitter: f64) -> Duration {
    let full = first.saturating_mul(2_u32.saturating_pow(attempt.min(30))).min(longest);
    full.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0)
}

/// A moment after `now`.
pub(super) fn later(now: Timestamp, pause: Duration) -> Timestamp {
    now.checked_add(pause).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    #[test]
    fn it_opens_after_five_failures_in_a_row_and_lets_one_through_later() {
        let mut breaker = Breaker::default();
        for _ in 0..4 {
            breaker.failed(at(0), 1.0);
        }
        assert!(breaker.allows(at(0)));
        breaker.failed(at(0), 1.0);
        assert!(!breaker.allows(at(0)));
        assert!(breaker.allows(at(1)));
        assert!(!breaker.allows(at(1)), "a second one waits for the first");
        breaker.failed(at(1), 1.0);
        assert!(!breaker.allows(at(2)), "the pause has doubled");
        assert!(breaker.allows(at(3)) && breaker.is_open());
        breaker.succeeded();
        assert!(!breaker.is_open());
        assert!(breaker.allows(at(3)) && breaker.allows(at(3)));
    }

    #[test]
    fn pauses_grow_to_their_limit_and_never_vanish() {
        let (first, longest) = (Duration::from_secs(1), Duration::from_secs(60));
        assert_eq!(pause(0, first, longest, 1.0), Duration::from_secs(1));
        assert_eq!(pause(3, first, longest, 0.0), Duration::from_secs(4));
        assert_eq!(pause(u32::MAX, first, longest, 1.0), longest);
    }
}
