//! Pauses between attempts.
//!
//! Owns how pauses grow. Must not wait.

use std::time::Duration;

/// `first`, doubled `attempt` times and capped at `longest`. `jitter` (0 to 1) chooses between half of that and all of
/// it.
pub fn backoff(attempt: u32, first: Duration, longest: Duration, jitter: f64) -> Duration {
    let full = first.saturating_mul(2_u32.saturating_pow(attempt.min(30))).min(longest);
    full.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_their_limit_and_never_vanish() {
        let (first, longest) = (Duration::from_secs(1), Duration::from_secs(60));
        assert_eq!(backoff(0, first, longest, 1.0), Duration::from_secs(1));
        assert_eq!(backoff(3, first, longest, 0.0), Duration::from_secs(4));
        assert_eq!(backoff(u32::MAX, first, longest, 1.0), longest);
    }
}
