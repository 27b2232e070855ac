//! The simulator's time.
//!
//! Owns its speed. Must not know what waits for it.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::Instant;

/// A clock that starts at a given time, and may run faster than the machine's or be moved forward.
///
/// Clones are the same clock.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    start: Timestamp,
    origin: Instant,
    factor: u32,
    /// How far it was moved forward.
    skipped: watch::Sender<Duration>,
}

impl Clock {
    /// A clock that shows `start` now and runs as fast as the machine's.
    pub fn starting_at(start: Timestamp) -> Self {
        Self::sped_up(start, 1)
    }

    /// A clock that shows `start` now and runs `factor` times as fast as the machine's; 0 is a stopped clock.
    pub fn sped_up(start: Timestamp, factor: u32) -> Self {
        let skipped = watch::Sender::new(Duration::ZERO);
        Self(Arc::new(Inner { start, origin: Instant::now(), factor, skipped }))
    }

    /// The simulated time.
    pub fn now(&self) -> Timestamp {
        let passed = self.0.origin.elapsed().saturating_mul(self.0.factor);
        add(self.0.start, passed.saturating_add(*self.0.skipped.borrow()))
    }

    /// The time if the clock had run at normal speed. Signatures carry this time, because the receiver compares it with
    /// its own clock.
    pub fn wall(&self) -> Timestamp {
        add(self.0.start, self.0.origin.elapsed())
    }

    /// Moves the clock forward. Tasks that wait for a time before the new one continue.
    pub fn advance(&self, by: Duration) {
        self.0.skipped.send_modify(|skipped| *skipped = skipped.saturating_add(by));
    }

    /// The simulated time after this much simulated time.
    pub fn after(&self, duration: Duration) -> Timestamp {
        add(self.now(), duration)
    }

    /// Waits until a simulated time.
    pub async fn sleep_until(&self, until: Timestamp) {
        let mut skipped = self.0.skipped.subscribe();
        while let Ok(left) = Duration::try_from(until.duration_since(self.now()))
            && !left.is_zero()
        {
            // A wait for a stopped clock lasts until it is moved forward.
            let real = left.checked_div(self.0.factor).unwrap_or(Duration::MAX);
            tokio::select! {
                () = tokio::time::sleep(real.max(Duration::from_millis(1))) => {}
                _ = skipped.changed() => {}
            }
        }
    }
}

fn add(at: Timestamp, by: Duration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> Timestamp {
        "2026-03-02T00:00:00Z".parse().unwrap()
    }

    #[tokio::test]
    async fn a_clock_that_stands_still_moves_only_when_it_is_put_forward() {
        let clock = Clock::sped_up(start(), 0);
        let waiting = tokio::spawn({
            let (clock, until) = (clock.clone(), clock.after(Duration::from_secs(3600)));
            async move { clock.sleep_until(until).await }
        });
        clock.advance(Duration::from_secs(3599));
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(!waiting.is_finished());
        clock.advance(Duration::from_secs(1));
        tokio::time::timeout(Duration::from_secs(10), waiting).await.unwrap().unwrap();
        assert_eq!(clock.now().to_string(), "2026-03-02T01:00:00Z");
    }

    #[tokio::test]
    async fn a_fast_clock_shortens_waits_and_leaves_the_wall_time_alone() {
        let clock = Clock::sped_up(start(), 100_000);
        let began = Instant::now();
        clock.sleep_until(clock.after(Duration::from_secs(600))).await;
        assert!(began.elapsed() < Duration::from_secs(5));
        assert!(clock.now() >= add(start(), Duration::from_secs(600)));
        assert!(clock.wall() < add(start(), Duration::from_secs(60)));
    }
}
