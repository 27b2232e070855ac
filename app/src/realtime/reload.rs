//! The schedule of one reload over HTTP.
//!
//! Owns how long to wait before each request. Must not send requests or know a clock.

use super::feed::Need;

/// A burst of events causes one reload.
const BURST_MS: u32 = 250;
/// Requested events arrive within this time.
const REPLAY_MS: u32 = 1_000;
const RETRY_MS: u32 = 1_000;
const RETRY_MAX_MS: u32 = 30_000;

/// The feed's state at the last check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// Nothing is missing.
    Done,
    /// Missed events are arriving.
    Moving,
    /// A request has to be made.
    Stuck,
}

/// A reload that is under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reload {
    /// The feed's cursor at the last check.
    cursor: u64,
    /// How long to wait before the next check, in milliseconds.
    pub(super) pause: u32,
}

impl Reload {
    /// A reload of a feed that lacks data; `check_delay_ms` is how long to wait before checking the session.
    pub(super) fn new(cursor: u64, need: Need, is_loaded: bool, check_delay_ms: u32) -> Self {
        let pause = match need {
            Need::Nothing => check_delay_ms,
            Need::Events => REPLAY_MS,
            // A page without data does not wait.
            Need::Snapshot if !is_loaded => 0,
            Need::Snapshot => BURST_MS,
        };
        Self { cursor, pause }
    }

    /// Checks the feed. `needs_check`: whether the session has to be checked.
    pub(super) fn look(&mut self, cursor: u64, need: Need, needs_check: bool) -> Progress {
        let before = std::mem::replace(&mut self.cursor, cursor);
        match need {
            Need::Nothing if needs_check => Progress::Stuck,
            Need::Nothing => Progress::Done,
            Need::Events if before < cursor => Progress::Moving,
            Need::Events | Need::Snapshot => Progress::Stuck,
        }
    }

    /// A request was answered. If more is needed, the next one waits longer.
    pub(super) fn succeeded(&mut self) {
        self.pause = (self.pause * 2).clamp(BURST_MS, RETRY_MAX_MS);
    }

    /// A request failed.
    pub(super) fn failed(&mut self) {
        self.pause = (self.pause * 2).clamp(RETRY_MS, RETRY_MAX_MS);
    }

    /// The session may have ended: a second request confirms it soon.
    pub(super) fn unauthorized(&mut self) {
        self.pause = RETRY_MS;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_without_data_is_loaded_at_once_and_others_wait_for_the_events() {
        let pause = |need, is_loaded| Reload::new(0, need, is_loaded, 5_000).pause;
        assert_eq!(
            [pause(Need::Snapshot, false), pause(Need::Snapshot, true), pause(Need::Events, true)],
            [0, BURST_MS, REPLAY_MS]
        );
        assert_eq!(pause(Need::Nothing, true), 5_000);
    }

    #[test]
    fn no_request_is_made_while_the_missed_events_arrive() {
        let mut reload = Reload::new(3, Need::Events, true, 5_000);
        assert_eq!(reload.look(4, Need::Events, false), Progress::Moving);
        assert_eq!(reload.look(4, Need::Events, false), Progress::Stuck);
        assert_eq!(reload.look(5, Need::Nothing, true), Progress::Stuck);
        assert_eq!(reload.look(5, Need::Nothing, false), Progress::Done);
    }

    #[test]
    fn failures_are_retried_less_and_less_often() {
        let mut reload = Reload::new(0, Need::Snapshot, true, 5_000);
        let mut pauses = Vec::new();
        for _ in 0..7 {
            reload.failed();
            pauses.push(reload.pause);
        }
        assert_eq!(pauses, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    }
}
