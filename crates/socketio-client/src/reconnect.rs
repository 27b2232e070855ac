//! The pauses before reconnecting.
//!
//! Owns the delays and the counter behind them. Must not know a clock, a random source or a socket: randomness is
//! passed in, as is the lifetime of a connection.

/// How to reconnect after a loss. Names and defaults are those of the JavaScript client.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// The pause before the first reconnection attempt, in milliseconds, before jitter.
    pub reconnection_delay: u32,
    /// The longest pause, in milliseconds.
    pub reconnection_delay_max: u32,
    /// How far jitter moves a pause in either direction, as a share of it (0 to 1).
    pub randomization_factor: f64,
    /// A connection that was ready for this long, in milliseconds, counts as stable: the next pause is the first one
    /// again. A server that accepts and drops at once must not be hammered.
    pub stable_after: u32,
    /// Whether the client reconnects after a disconnect packet from the server. The JavaScript client does not; here it
    /// is the default, because servers send one to everyone when they restart.
    pub reconnect_after_server_disconnect: bool,
    /// The pause between attempts while the browser says it is offline, in milliseconds: the browser may be wrong.
    pub offline_retry_delay: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            reconnection_delay: 1_000,
            reconnection_delay_max: 5_000,
            randomization_factor: 0.5,
            stable_after: 5_000,
            reconnect_after_server_disconnect: true,
            offline_retry_delay: 30_000,
        }
    }
}

impl Policy {
    /// A pause of at least this many milliseconds, as set by the caller. Jitter makes it longer, never shorter.
    pub fn at_least(&self, ms: u32, random: f64) -> u64 {
        let factor = self.randomization_factor.clamp(0.0, 1.0);
        // The cast saturates, and turns NaN into 0.
        u64::from(ms) + (f64::from(ms) * factor * random.clamp(0.0, 1.0)).round() as u64
    }
}

/// Counts attempts and computes the pause before each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backoff {
    attempt: u32,
}

impl Backoff {
    /// Which attempt the last pause was for; 0 if none.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Counts one more attempt and returns the pause before it, in milliseconds. `random` is uniform in 0..1.
    pub fn next_delay(&mut self, policy: &Policy, random: f64) -> u64 {
        let doublings = self.attempt.min(31);
        self.attempt = self.attempt.saturating_add(1);

        let max = f64::from(policy.reconnection_delay_max);
        let base = (f64::from(policy.reconnection_delay) * f64::from(1_u32 << doublings)).min(max);
        // The range is cut at the maximum before a point in it is chosen: cutting the result instead would make most
        // clients reconnect at the same moment once the pauses have grown.
        let factor = policy.randomization_factor.clamp(0.0, 1.0);
        let (low, high) = (base * (1.0 - factor), (base * (1.0 + factor)).min(max));
        // The cast saturates, and turns NaN into 0.
        (low + (high - low) * random.clamp(0.0, 1.0)).round() as u64
    }

    /// Starts over.
    pub fn reset(&mut self) {
        self.attempt = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delays(policy: &Policy, random: f64) -> Vec<u64> {
        let mut backoff = Backoff::default();
        (0..5).map(|_| backoff.next_delay(policy, random)).collect()
    }

    #[test]
    fn pauses_double_up_to_the_maximum() {
        let policy = Policy { randomization_factor: 0.0, ..Policy::default() };
        assert_eq!(delays(&policy, 0.9), [1_000, 2_000, 4_000, 5_000, 5_000]);
    }

    #[test]
    fn jitter_spreads_a_pause_to_both_sides_and_never_beyond_the_maximum() {
        let policy = Policy::default();
        assert_eq!(delays(&policy, 0.0), [500, 1_000, 2_000, 2_500, 2_500]);
        assert_eq!(delays(&policy, 1.0), [1_500, 3_000, 5_000, 5_000, 5_000]);
        assert_eq!(delays(&policy, 0.5)[4], 3_750, "the longest pauses are spread as well");
    }

    #[test]
    fn a_thousand_attempts_neither_overflow_nor_grow() {
        let mut backoff = Backoff::default();
        let last = (0..1_000).map(|_| backoff.next_delay(&Policy::default(), 1.0)).last();
        assert_eq!((last, backoff.attempt()), (Some(5_000), 1_000));
    }

    #[test]
    fn a_pause_that_was_asked_for_is_never_shorter() {
        let policy = Policy::default();
        assert_eq!(
            [0.0, 0.5, 1.0, f64::NAN].map(|random| policy.at_least(60_000, random)),
            [60_000, 75_000, 90_000, 60_000]
        );
    }

    #[test]
    fn strange_numbers_give_a_pause_all_the_same() {
        let policy = Policy { randomization_factor: 7.0, ..Policy::default() };
        assert_eq!(Backoff::default().next_delay(&policy, f64::INFINITY), 2_000);
        assert_eq!(Backoff::default().next_delay(&policy, f64::NAN), 0);
    }
}
