//! The month rollover, after which the totals are of another month.
//!
//! Owns detecting it from the time of an event, which is the server's, and from the page's own clock, which may be
//! wrong: in that case the requests become less and less frequent. Must not know a clock: the time is passed in.

use wire::time::{Civil, unix_millis};

const PAUSE_MS: i64 = 60_000;
const PAUSE_MAX_MS: i64 = 3_600_000;

/// Whether a moment is in a later month (UTC) than the one in which a period began.
pub fn is_later(millis: i64, from: &str) -> bool {
    let month = |millis| {
        let civil = Civil::from_unix_millis(millis, 0);
        (civil.year, civil.month)
    };
    unix_millis(from).is_some_and(|from| month(millis) > month(from))
}

/// When the totals of a new month were last requested.
#[derive(Clone, Debug, Default)]
pub struct MonthRollover {
    /// The time of the request, and the pause after it.
    requested: Option<(i64, i64)>,
}

impl MonthRollover {
    /// Whether the totals, whose period began at `from`, have to be requested now.
    pub fn is_due(&mut self, from: &str, now: i64) -> bool {
        if !is_later(now, from) {
            self.requested = None;
            return false;
        }
        let pause = match self.requested {
            Some((at, pause)) if (0..pause).contains(&(now - at)) => return false,
            Some((_, pause)) => (pause * 2).min(PAUSE_MAX_MS),
            None => PAUSE_MS,
        };
        self.requested = Some((now, pause));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOVEMBER: &str = "2026-11-01T00:00:00Z";

    fn at(moment: &str) -> i64 {
        unix_millis(moment).expect("a moment")
    }

    #[test]
    fn a_month_begins_at_midnight_in_utc() {
        for (moment, later) in [
            ("2026-10-31T23:59:59Z", false),
            ("2026-11-30T23:59:59.999Z", false),
            ("2026-12-01T10:59:00+11:00", false),
            ("2026-12-01T00:00:00Z", true),
            ("2027-01-15T00:00:00Z", true),
        ] {
            assert_eq!(is_later(at(moment), NOVEMBER), later, "{moment}");
        }
        assert!(!is_later(at("2026-12-01T00:00:00Z"), ""), "there are no totals yet");
    }

    #[test]
    fn the_totals_of_the_new_month_are_requested_when_it_begins() {
        let mut rollover = MonthRollover::default();
        assert!(!rollover.is_due(NOVEMBER, at("2026-11-30T23:59:59Z")));
        assert!(rollover.is_due(NOVEMBER, at("2026-12-01T00:00:30Z")));
        assert!(!rollover.is_due("2026-12-01T00:00:00Z", at("2026-12-01T00:01:30Z")));
        assert!(rollover.is_due("2026-12-01T00:00:00Z", at("2027-01-01T00:00:00Z")));
    }

    #[test]
    fn a_clock_that_is_wrong_costs_one_request_an_hour() {
        let (mut rollover, start) = (MonthRollover::default(), at("2026-12-24T00:00:00Z"));
        let minutes = |rollover: &mut MonthRollover, range: std::ops::Range<i64>| {
            range.filter(|minute| rollover.is_due(NOVEMBER, start + minute * 60_000)).count()
        };
        assert_eq!(minutes(&mut rollover, 0..60), 6, "a clock that is slightly fast costs little delay");
        assert_eq!(minutes(&mut rollover, 60..1_440), 23);
    }
}
