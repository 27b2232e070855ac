//! Deadlines that survive a clock that is set back.
//!
//! Owns the effect of a clock that is set back: the time left can never exceed the original window, so a longer time
//! left means that the clock has moved, and the deadline counts as over. Trying again costs little; waiting for an hour
//! of yesterday costs much. Must not know a clock.

/// A moment, and how far away it was when it was set, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    at_ms: u64,
    window_ms: u64,
}

impl Deadline {
    /// The deadline this long after now.
    pub fn after(window_ms: u64, now_ms: u64) -> Self {
        Self { at_ms: now_ms.saturating_add(window_ms), window_ms }
    }

    /// The moment, on the caller's clock.
    pub fn at_ms(self) -> u64 {
        self.at_ms
    }

    /// Whether it has passed, or the clock has been set back since it was set.
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
