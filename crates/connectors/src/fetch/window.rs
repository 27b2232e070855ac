//! The days that a run lists, for providers that list by day and have no list of changes.
//!
//! Owns the first day that a run fetches, and the day from which its list is complete. Must not call the provider.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use ledger::Absence;

use super::run::{Next, Run};

/// Banks still book, change and remove rows this many days back.
const OVERLAP_DAYS: i64 = 30;

/// A run's days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    since: Date,
}

impl Window {
    /// From the day that the last run stored; for the first run, from its first day.
    pub(crate) fn of(run: &Run<'_>) -> Self {
        let left = run.cursor.and_then(|cursor| cursor.parse().ok());
        Self { since: left.unwrap_or(run.first_day) }
    }

    /// The first day to request: one day before the first that counts, because the provider's day may begin in another
    /// time zone.
    pub(crate) fn asked_from(self) -> Date {
        before(self.since, 1)
    }

    /// The end of a run that has listed all of these days.
    pub(crate) fn end(self, run: &Run<'_>) -> Next {
        Next::End { cursor: Some(following(run.began)), absence: Absence::MeansGoneSince(self.since) }
    }
}

/// The day that the next run lists from.
pub(crate) fn following(began: Timestamp) -> String {
    before(began.to_zoned(TimeZone::UTC).date(), OVERLAP_DAYS).to_string()
}

fn before(day: Date, days: i64) -> Date {
    day.saturating_sub(Span::new().days(days))
}
