//! Percentiles.
//!
//! Owns the arithmetic and how times are printed. Must not know the measurements.

use std::fmt;
use std::time::Duration;

/// Measured times, in order of size.
pub(crate) struct Times(Vec<Duration>);

impl Times {
    pub(crate) fn new(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self(times)
    }

    /// The time that `share` (0 to 1) of all did not exceed (nearest rank); zero without times.
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank")]
    pub(crate) fn percentile(&self, share: f64) -> Duration {
        let rank = (share * self.0.len() as f64).ceil() as usize;
        self.0.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Prints one line of a small table.
    pub(crate) fn print(&self, name: &str) {
        let [p50, p90, p99, max] = [0.5, 0.9, 0.99, 1.0].map(|share| millis(self.percentile(share)));
        println!("  {name:<34} p50 {p50:>10}   p90 {p90:>10}   p99 {p99:>10}   max {max:>10}   n {}", self.len());
    }
}

/// One figure of several runs.
pub(crate) struct Runs(Vec<f64>);

impl Runs {
    pub(crate) fn new(runs: impl Iterator<Item = f64>) -> Self {
        Self(runs.collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The middle figure (the lower of two); zero without figures.
    pub(crate) fn median(&self) -> f64 {
        let mut ordered = self.0.clone();
        ordered.sort_by(f64::total_cmp);
        ordered.get(ordered.len().saturating_sub(1) / 2).copied().unwrap_or_default()
    }
}

/// The median and, if there are several, all figures in order of measurement: `1.65 (1.60, 1.70, 1.65)`.
impl fmt::Display for Runs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = if self.median() < 10.0 { 2 } else { usize::from(self.median() < 100.0) };
        write!(f, "{:.digits$}", self.median())?;
        if self.0.len() > 1 {
            let runs: Vec<_> = self.0.iter().map(|run| format!("{run:.digits$}")).collect();
            write!(f, " ({})", runs.join(", "))?;
        }
        Ok(())
    }
}

/// `1.23 ms`.
pub(crate) fn millis(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1000.0)
}

/// Events per second.
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

    #[test]
    fn runs_are_written_with_their_median() {
        assert_eq!(Runs::new([1.7, 1.6, 1.65].into_iter()).to_string(), "1.65 (1.70, 1.60, 1.65)");
        assert_eq!(Runs::new([6581.4].into_iter()).to_string(), "6581");
        assert_eq!(Runs::new([12.0, 20.0].into_iter()).median(), 12.0);
    }
}
