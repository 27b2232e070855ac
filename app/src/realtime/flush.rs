//! Changes that have arrived and are not shown yet.
//!
//! Owns batching: redrawing the page for each event would be too much. Must not draw or notify.

use super::feed::News;

const FRAME_MS: u32 = 16;
const LONGEST_MS: u32 = 400;

/// The pending changes and notifications.
#[derive(Default)]
pub(super) struct Pending {
    pub(super) news: Vec<News>,
    /// Whether the signals are behind the feed.
    pub(super) changed: bool,
    /// Whether a flush is scheduled.
    pub(super) scheduled: bool,
}

impl Pending {
    pub(super) fn add(&mut self, changed: bool, news: Vec<News>) {
        self.changed |= changed;
        self.news.extend(news);
    }

    /// Removes and returns the pending changes: whether there were any, and the notifications.
    pub(super) fn take(&mut self) -> (bool, Vec<News>) {
        (std::mem::take(&mut self.changed), std::mem::take(&mut self.news))
    }
}

/// The pause after a flush that took `took_ms`. Drawing takes a third of the time at most; otherwise a slow page would
/// delay the events.
pub(super) fn pause_after(took_ms: i64) -> u32 {
    u32::try_from(took_ms.saturating_mul(2)).unwrap_or_default().clamp(FRAME_MS, LONGEST_MS)
}

#[cfg(test)]
mod tests {
    use super::pause_after;

    #[test]
    fn a_page_that_is_slow_to_draw_is_drawn_less_often() {
        assert_eq!([0, 8, 50, 10_000].map(pause_after), [16, 16, 100, 400]);
        assert_eq!(pause_after(-3_600_000), 16, "the clock was set back");
    }
}
