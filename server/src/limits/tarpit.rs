//! Answering slowly those who call too often.
//!
//! Owns the delay, and how many may be delayed at once. A refusal costs nearly as much as an answer: without a delay a
//! caller that ignores it takes a whole processor. Must not decide who calls too often.

use std::time::Duration;

use tokio::sync::Semaphore;

/// How long a refusal takes.
const DELAY: Duration = Duration::from_secs(1);
/// How many wait at once; each holds a connection and the head of a request. Beyond that refusals are quick.
const MOST: usize = 1024;

/// The delay of refusals.
pub struct Tarpit {
    places: Semaphore,
    delay: Duration,
}

impl Default for Tarpit {
    fn default() -> Self {
        Self { places: Semaphore::new(MOST), delay: DELAY }
    }
}

impl Tarpit {
    /// Holds a refusal back.
    pub async fn hold(&self) {
        if let Ok(_place) = self.places.try_acquire() {
            tokio::time::sleep(self.delay).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn refusals_are_held_back_as_long_as_there_is_room() {
        let tarpit = Tarpit { places: Semaphore::new(1), delay: Duration::from_millis(20) };
        let mut first = Box::pin(tarpit.hold());
        assert!(futures_util::poll!(&mut first).is_pending());
        assert!(tarpit.hold().now_or_never().is_some(), "beyond the room they are quick");
        first.await;
        assert!(tarpit.hold().now_or_never().is_none());
    }
}
