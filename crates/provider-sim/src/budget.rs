//! How often something may be done in a period.
//!
//! Owns the counting. Must not read a clock.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;

/// A limit within a sliding window, counted separately for each key.
#[derive(Debug)]
pub(crate) struct Budget {
    limit: usize,
    window: Duration,
    taken: HashMap<String, VecDeque<Timestamp>>,
}

impl Budget {
    pub(crate) fn new(limit: usize, window: Duration) -> Self {
        Self { limit, window, taken: HashMap::new() }
    }

    /// The size of the limit.
    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// How many the key has left, as of the last call.
    pub(crate) fn left(&self, key: &str) -> usize {
        self.limit.saturating_sub(self.taken.get(key).map_or(0, VecDeque::len))
    }

    /// Takes one from the key's budget. The error says how long until one is available.
    pub(crate) fn take(&mut self, key: &str, now: Timestamp) -> Result<(), Duration> {
        let taken = self.taken.entry(key.to_owned()).or_default();
        while taken.front().is_some_and(|first| age(*first, now) >= self.window) {
            taken.pop_front();
        }
        match taken.front() {
            Some(first) if taken.len() >= self.limit => Err(self.window.saturating_sub(age(*first, now))),
            None if self.limit == 0 => Err(self.window),
            _ => {
                taken.push_back(now);
                Ok(())
            }
        }
    }
}

fn age(at: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(at)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_the_limit_waits_until_the_oldest_has_left_the_window() {
        let mut budget = Budget::new(2, Duration::from_secs(60));
        let at = |seconds: i64| Timestamp::from_second(1_700_000_000 + seconds).unwrap();
        assert_eq!(budget.take("a", at(0)), Ok(()));
        assert_eq!(budget.take("a", at(10)), Ok(()));
        assert_eq!(budget.take("a", at(20)), Err(Duration::from_secs(40)));
        assert_eq!(budget.take("b", at(20)), Ok(()));
        assert_eq!(budget.take("a", at(60)), Ok(()));
        assert_eq!(budget.take("a", at(61)), Err(Duration::from_secs(9)));
    }
}
