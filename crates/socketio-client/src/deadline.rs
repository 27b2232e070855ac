//! By when something must have happened.
//!
//! Owns what a clock that is set back means for it: the time that is left can only be less than it was
//! at first, so more says that the clock has moved and not when it is over; it counts as over, since
//! trying again costs little and waiting for an hour of yesterday much. Must not know a clock.

/// A moment, and how far away it was when it was set, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    at_ms: u64,
    window_ms: u64,
}

impl Deadline {
    /// So long after now.
    pub fn after(window_ms: u64, now_ms: u64) -> Self {
        Self { at_ms: now_ms.saturating_add(window_ms), window_ms }
    }

    /// The moment, on the clock that was passed in.
    pub fn at_ms(self) -> u64 {
        self.at_ms
    }

    /// Whether it has passed, or the clock has gone back since it was set.
    pub fn is_over(self, now_ms: u64) -> bool {
        self.at_ms.checked_sub(now_ms).is_none_or(|left| left == 0 || left > self.window_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_over_at_its_moment_and_when_the_clock_has_gone_back_before_its_beginning() {
        let deadline = Deadline::after(50, 1_000);
        let over = [999, 1_000, 1_049, 1_050, 2_000].map(|now| deadline.is_over(now));
        assert_eq!(over, [true, false, false, true, true]);
    }

    #[test]
    fn the_largest_numbers_do_not_overflow() {
        assert!(!Deadline::after(u64::MAX, 5).is_over(5));
    }
}
