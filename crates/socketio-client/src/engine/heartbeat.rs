//! How much silence means that the connection is dead.
//!
//! Owns the one deadline. Must not know a clock or a timer: the time is passed in. In Engine.IO 4 the server pings, so
//! the client only needs to listen.

use crate::deadline::Deadline;

/// The deadline after the last frame received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heartbeat {
    window_ms: u64,
    heard_at_ms: u64,
}

impl Heartbeat {
    /// Starts with the limits of the open packet, which was received now.
    pub fn new(ping_interval_ms: u32, ping_timeout_ms: u32, now_ms: u64) -> Self {
        Self { window_ms: u64::from(ping_interval_ms) + u64::from(ping_timeout_ms), heard_at_ms: now_ms }
    }

    /// Something arrived; anything counts, not only a ping.
    pub fn heard(&mut self, now_ms: u64) {
        self.heard_at_ms = now_ms;
    }

    /// When the connection is dead unless something arrives.
    pub fn deadline(&self) -> Deadline {
        Deadline::after(self.window_ms, self.heard_at_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_heard_moves_the_deadline() {
        let mut heartbeat = Heartbeat::new(25_000, 20_000, 1_000);
        assert_eq!(heartbeat.deadline().at_ms(), 46_000);
        heartbeat.heard(3_000);
        assert_eq!(heartbeat.deadline().at_ms(), 48_000);
    }

    #[test]
    fn the_largest_limits_do_not_overflow() {
        assert_eq!(Heartbeat::new(u32::MAX, u32::MAX, u64::MAX).deadline().at_ms(), u64::MAX);
    }
}
