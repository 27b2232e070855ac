//! Percentiles.
//!
//! Owns the arithmetic and how times are written. Must not know what was timed.

use std::time::Duration;

/// Measured times, in order of size.
pub(crate) struct Times(Vec<Duration>);

impl Times {
    pub(crate) fn new(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self(times)
    }

    /// The time that `share` (0 to 1) of all did not exceed (nearest rank); nothing of nothing is zero.
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank")]
    pub(crate) fn percentile(&self, share: f64) -> Duration {
        let rank = (share * self.0.len() as f64).ceil() as usize;
        self.0.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// One line of a small table.
    pub(crate) fn print(&self, name: &str) {
        let [p50, p90, p99, max] = [0.5, 0.9, 0.99, 1.0].map(|share| millis(self.percentile(share)));
        println!("  {name:<34} p50 {p50:>10}   p90 {p90:>10}   p99 {p99:>10}   max {max:>10}   n {}", self.len());
    }
}

/// `1.23 ms`.
pub(crate) fn millis(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1000.0)
}

/// How many a second.
pub(crate) fn rate(count: usize, time: Duration) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts of a benchmark")]
    let count = count as f64;
    count / time.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_rank_is_taken() {
        let times = Times::new((1..=100).rev().map(Duration::from_millis).collect());
        assert_eq!(times.percentile(0.5), Duration::from_millis(50));
        assert_eq!(times.percentile(0.99), Duration::from_millis(99));
        assert_eq!(times.percentile(1.0), Duration::from_millis(100));
        assert_eq!(Times::new(vec![]).percentile(0.5), Duration::ZERO);
    }
}
