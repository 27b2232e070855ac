//! The memory of subscribers that have left.
//!
//! Owns when it is returned to the operating system. Returning it takes milliseconds, so it happens only after many
//! have left. Must not free anything itself.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::state::AppState;

/// Below this number of sockets it is not worth the time: together they have about a megabyte.
const FEW: usize = 64;
/// Nor is it if fewer than one in this many have left.
const SHARE: usize = 16;

/// The highest number of sockets since memory was last returned.
#[derive(Debug, Default)]
pub(super) struct Departures(Mutex<usize>);

/// Returns memory if many sockets have left.
pub(super) async fn run(state: AppState, departures: Arc<Departures>) {
    if !departures.are_many(state.sockets.connected()) {
        return;
    }
    // In a separate thread, because it takes locks of the allocator.
    match tokio::task::spawn_blocking(heap::give_back).await {
        Ok(released) => tracing::debug!(released, "memory of closed sockets was returned to the operating system"),
        Err(error) => tracing::warn!(%error, "memory could not be returned to the operating system"),
    }
}

impl Departures {
    /// Whether enough sockets have left, given the current number, to return memory.
    fn are_many(&self, connected: usize) -> bool {
        let mut most = self.0.lock();
        let left = most.saturating_sub(connected);
        let are_many = left >= FEW && left >= *most / SHARE;
        *most = if are_many { connected } else { (*most).max(connected) };
        are_many
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_given_back_once_many_have_left_since_there_were_most() {
        let departures = Departures::default();
        let asked = [0, 5_000, 4_900, 4_800, 4_600, 4_590, 63, 0, 0].map(|connected| departures.are_many(connected));
        assert_eq!(asked, [false, false, false, false, true, false, true, false, false]);
    }
}
