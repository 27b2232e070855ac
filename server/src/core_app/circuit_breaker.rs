//! A circuit breaker: while the core app is down, one probe at a time is sent instead of every pending call.
//!
//! Owns when a call may start. Must not know what is called; the time and the jitter are passed in. It uses the
//! process's monotonic clock, so a change of the machine's clock does not matter.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::backoff::backoff;

/// How many failures in a row open the breaker.
const OPENS_AFTER: u32 = 5;
/// The first and the longest time for which the breaker stays open.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Closed, open until some time, or half-open: with one probe in flight.
#[derive(Debug, Default)]
pub struct CircuitBreaker {
    failures: u32,
    open: Option<Open>,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    since: Instant,
    until: Instant,
    is_probing: bool,
}

/// The state of the breaker: which calls may start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// All.
    Closed,
    /// None before this time.
    OpenUntil(Instant),
    /// One, the probe.
    ReadyToProbe,
    /// None until the probe has ended.
    Probing,
}

/// A call that the breaker let start. If it is dropped without an outcome (a panic, a shutdown), another probe may
/// start.
pub(super) struct Attempt {
    breaker: Arc<Mutex<CircuitBreaker>>,
    started: Instant,
    is_probe: bool,
}

impl CircuitBreaker {
    /// Returns which calls may start now.
    pub(super) fn state(&self, now: Instant) -> State {
        match self.open {
            None => State::Closed,
            Some(Open { is_probing: true, .. }) => State::Probing,
            Some(Open { until, .. }) if now < until => State::OpenUntil(until),
            Some(_) => State::ReadyToProbe,
        }
    }

    /// Whether it is open or half-open.
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Closes the breaker, because the core app has answered or an administrator requests a retry. Returns whether it
    /// was open.
    pub fn close(&mut self) -> bool {
        std::mem::take(self).is_open()
    }

    fn open_for(&mut self, now: Instant, pause: Duration) {
        self.open = Some(Open { since: now, until: now + pause, is_probing: false });
    }
}

impl Attempt {
    /// Starts a call, if one may start now.
    pub(super) fn start(breaker: &Arc<Mutex<CircuitBreaker>>, now: Instant) -> Option<Self> {
        let mut locked = breaker.lock();
        let state = locked.state(now);
        let is_probe = state == State::ReadyToProbe;
        if let Some(open) = locked.open.as_mut().filter(|_| is_probe) {
            open.is_probing = true;
        }
        drop(locked);
        let may_start = is_probe || state == State::Closed;
        may_start.then(|| Self { breaker: Arc::clone(breaker), started: now, is_probe })
    }

    /// When it started.
    pub(super) fn started(&self) -> Instant {
        self.started
    }

    /// The core app answered. Returns whether the breaker was open until now.
    pub(super) fn succeeded(mut self) -> bool {
        self.is_probe = false;
        self.breaker.lock().close()
    }

    /// The call failed; `jitter` is between 0 and 1. A call that started before the breaker opened does not count.
    pub(super) fn failed(mut self, now: Instant, jitter: f64) {
        self.is_probe = false;
        let mut breaker = self.breaker.lock();
        if breaker.open.is_some_and(|open| self.started < open.since) {
            return;
        }
        breaker.failures = breaker.failures.saturating_add(1);
        if breaker.failures >= OPENS_AFTER {
            let pause = backoff(breaker.failures - OPENS_AFTER, FIRST_PAUSE, LONGEST_PAUSE, jitter);
            breaker.open_for(now, pause);
        }
    }

    /// The core app refused the service secret: opens the breaker at once, for this long.
    pub(super) fn unauthorized(mut self, now: Instant, pause: Duration) {
        self.is_probe = false;
        let mut breaker = self.breaker.lock();
        breaker.failures = breaker.failures.max(OPENS_AFTER);
        breaker.open_for(now, pause);
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if self.is_probe
            && let Some(open) = self.breaker.lock().open.as_mut()
        {
            open.is_probing = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(breaker: &Arc<Mutex<CircuitBreaker>>, at: Instant) -> Attempt {
        Attempt::start(breaker, at).expect("a call may start")
    }

    #[test]
    fn it_opens_after_five_failures_in_a_row_and_lets_one_probe_through_later() {
        let start = Instant::now();
        let at = |second| start + Duration::from_secs(second);
        let breaker = Arc::<Mutex<CircuitBreaker>>::default();
        for _ in 0..4 {
            attempt(&breaker, at(0)).failed(at(0), 1.0);
        }
        attempt(&breaker, at(0)).failed(at(0), 1.0);
        assert!(Attempt::start(&breaker, at(0)).is_none());
        assert_eq!(breaker.lock().state(at(0)), State::OpenUntil(at(1)));
        assert_eq!(breaker.lock().state(at(1)), State::ReadyToProbe);
        let probe = attempt(&breaker, at(1));
        assert_eq!(breaker.lock().state(at(1)), State::Probing);
        assert!(Attempt::start(&breaker, at(1)).is_none(), "a second one waits for the probe");
        probe.failed(at(1), 1.0);
        assert!(Attempt::start(&breaker, at(2)).is_none(), "the pause has doubled");
        let probe = attempt(&breaker, at(3));
        assert!(breaker.lock().is_open(), "half-open");
        assert!(probe.succeeded() && !breaker.lock().is_open());
        assert!(!attempt(&breaker, at(3)).succeeded(), "it was closed already");
    }

    #[test]
    fn calls_that_started_before_it_opened_do_not_lengthen_the_pause() {
        let start = Instant::now();
        let at = |second| start + Duration::from_secs(second);
        let breaker = Arc::<Mutex<CircuitBreaker>>::default();
        let attempts: Vec<_> = (0..16).map(|_| attempt(&breaker, at(0))).collect();
        attempts.into_iter().for_each(|attempt| attempt.failed(at(10), 1.0));
        assert_eq!(breaker.lock().state(at(10)), State::OpenUntil(at(11)));
    }

    #[test]
    fn a_probe_that_ends_without_an_outcome_makes_room_for_another() {
        let start = Instant::now();
        let breaker = Arc::<Mutex<CircuitBreaker>>::default();
        attempt(&breaker, start).unauthorized(start, Duration::from_secs(1));
        let later = start + Duration::from_secs(2);
        drop(attempt(&breaker, later));
        assert_eq!(breaker.lock().state(later), State::ReadyToProbe);
    }
}
