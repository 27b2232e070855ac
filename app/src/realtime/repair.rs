//! What to do about a gap in the events.
//!
//! Owns the bound: the server is asked again from the cursor over a new connection, once for each
//! place, and not in quick succession; where that did not help, everything is reloaded over HTTP. So a
//! network that loses events for good costs neither a loop of connections nor a page that is wrong.
//! Must not know a clock: the time is passed in.

/// A network that loses so much that a new gap is there by then is not worth another connection.
pub const QUIET_MS: i64 = 10_000;

/// How to fill a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Connect anew and ask for what comes after the cursor.
    AskAgain,
    /// Asking did not help: reload over HTTP.
    Reload,
}

/// Remembers what was tried.
#[derive(Clone, Debug, Default)]
pub struct Repair {
    /// The cursor from which the server was asked again, and when.
    asked: Option<(u64, i64)>,
}

impl Repair {
    /// The events after the cursor are missing.
    pub fn remedy(&mut self, cursor: u64, now: i64) -> Remedy {
        let in_vain = self.asked.is_some_and(|(at, when)| at == cursor || (0..QUIET_MS).contains(&(now - when)));
        if in_vain {
            return Remedy::Reload;
        }
        self.asked = Some((cursor, now));
        Remedy::AskAgain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_asked_for_once_and_then_reloaded() {
        let mut repair = Repair::default();
        assert_eq!(repair.remedy(7, 0), Remedy::AskAgain);
        assert_eq!(repair.remedy(7, 60_000), Remedy::Reload);
    }

    #[test]
    fn gaps_in_quick_succession_cost_one_connection() {
        let mut repair = Repair::default();
        let remedies: Vec<Remedy> =
            (0..10).map(|gap| repair.remedy(gap, 1_000 * i64::try_from(gap).unwrap())).collect();
        assert_eq!(remedies.iter().filter(|remedy| **remedy == Remedy::AskAgain).count(), 1);
        assert_eq!(repair.remedy(99, QUIET_MS), Remedy::AskAgain);
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_keep_a_page_from_asking() {
        let mut repair = Repair::default();
        assert_eq!(repair.remedy(1, 1_000_000), Remedy::AskAgain);
        assert_eq!(repair.remedy(2, 0), Remedy::AskAgain);
    }
}
