//! Delaying the refusals of callers over their limit.
//!
//! Owns the delay, and how many refusals may be delayed at once. A refusal costs nearly as much as an answer: without a
//! delay, a caller that ignores refusals uses a whole core. Must not decide who is over a limit.

use std::time::Duration;

use tokio::sync::Semaphore;

/// How long a refusal takes.
const DELAY: Duration = Duration::from_secs(1);
/// How many refusals wait at once; each holds a connection and the head of a request. Beyond that, refusals are not
/// delayed.
const MAX_WAITING: usize = 1024;

/// The delay of refusals.
pub struct Tarpit {
    permits: Semaphore,
    delay: Duration,
}

impl Default for Tarpit {
    fn default() -> Self {
        Self { permits: Semaphore::new(MAX_WAITING), delay: DELAY }
    }
}

impl Tarpit {
    /// Waits before a refusal is sent.
    pub async fn hold(&self) {
        if let Ok(_permit) = self.permits.try_acquire() {
            tokio::time::sleep(self.delay).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn refusals_are_delayed_as_long_as_a_permit_is_free() {
        let tarpit = Tarpit { permits: Semaphore::new(1), delay: Duration::from_millis(20) };
        let mut first = Box::pin(tarpit.hold());
        assert!(futures_util::poll!(&mut first).is_pending());
        assert!(tarpit.hold().now_or_never().is_some(), "without a permit they are quick");
        first.await;
        assert!(tarpit.hold().now_or_never().is_none());
    }
}
