//! How to fill a gap in the events.
//!
//! Owns the limit: the page resumes from the cursor over a new connection, once for each cursor and not in quick
//! succession; if that does not help, everything is reloaded over HTTP. So a network that loses events for good
//! causes neither a loop of connections nor a wrong page. Must not know a clock: the time is passed in.

/// A new gap within this time does not cause another connection.
pub const RESUME_INTERVAL_MS: i64 = 10_000;

/// How to fill a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Connect again and resume from the cursor.
    Resume,
    /// Resuming did not help: reload over HTTP.
    Reload,
}

/// The last attempt.
#[derive(Clone, Debug, Default)]
pub struct Repair {
    /// The cursor of the last resumption, and when it was.
    resumed: Option<(u64, i64)>,
}

impl Repair {
    /// How to fetch the events missing after the cursor.
    pub fn remedy(&mut self, cursor: u64, now: i64) -> Remedy {
        let was_tried =
            self.resumed.is_some_and(|(at, when)| at == cursor || (0..RESUME_INTERVAL_MS).contains(&(now - when)));
        if was_tried {
            return Remedy::Reload;
        }
        self.resumed = Some((cursor, now));
        Remedy::Resume
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_resumed_once_and_then_reloaded() {
        let mut repair = Repair::default();
        assert_eq!(repair.remedy(7, 0), Remedy::Resume);
        assert_eq!(repair.remedy(7, 60_000), Remedy::Reload);
    }

    #[test]
    fn gaps_in_quick_succession_cost_one_connection() {
        let mut repair = Repair::default();
        let remedies: Vec<Remedy> =
            (0..10).map(|gap| repair.remedy(gap, 1_000 * i64::try_from(gap).unwrap())).collect();
        assert_eq!(remedies.iter().filter(|remedy| **remedy == Remedy::Resume).count(), 1);
        assert_eq!(repair.remedy(99, RESUME_INTERVAL_MS), Remedy::Resume);
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_prevent_resuming() {
        let mut repair = Repair::default();
        assert_eq!(repair.remedy(1, 1_000_000), Remedy::Resume);
        assert_eq!(repair.remedy(2, 0), Remedy::Resume);
    }
}
