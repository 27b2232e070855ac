//! When a provider retries.
//!
//! Owns the type of a schedule. Must not wait.

use std::time::Duration;

/// When a provider retries, and which answers are a success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The pauses before the second attempt, the third, and so on, in simulated time. After the last, the sender gives
    /// the message up.
    pub pauses: Vec<Duration>,
    /// How long an answer may take, by the machine's clock.
    pub timeout: Duration,
    /// Whether any 2xx is success, or only 200.
    pub any_2xx: bool,
    /// Whether the subscription ends with the first message that is given up.
    pub ends_subscription: bool,
}

impl Schedule {
    /// Whether an answer with this status is success.
    pub(super) fn accepts(&self, status: u16) -> bool {
        if self.any_2xx { (200..300).contains(&status) } else { status == 200 }
    }
}
