//! The moment that determines a transaction's place in a list.
//!
//! Owns the one order of all lists, in the store and in the browser: newest first by rank, and among equal ranks the
//! one that was stored later first. A transaction with a time ranks by that time. One with only a day ranks by when it
//! was first seen, clamped to its day: above everything that happened before it was reported and below everything
//! after. Must not know a list.

use crate::time::unix_millis;
use crate::{DatePrecision, Transaction};

const DAY_MS: i64 = 86_400_000;

/// The rank of a transaction at a UTC offset in minutes, which shifts the beginning of days; `None` if its date cannot
/// be read. The store and every page use the order of UTC.
pub fn rank(transaction: &Transaction, offset_minutes: i32) -> Option<i64> {
    let date = unix_millis(&transaction.date)?;
    if transaction.precision() == DatePrecision::Instant {
        return Some(date);
    }
    // Rows from before this was recorded rank at the beginning of their day.
    let seen = transaction.first_seen_at.as_deref().and_then(unix_millis);
    let begin = date - i64::from(offset_minutes) * 60_000;
    Some(seen.map_or(begin, |seen| seen.clamp(begin, begin + DAY_MS - 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranked(date: &str, first_seen_at: Option<&str>, offset_minutes: i32) -> Option<i64> {
        let json = r#"{"transactionId":"t","accountId":"a","userId":"u","connectionId":"c","amount":1,"currency":"AUD",
            "date":"","primaryType":"income","description":"","source":"","connectorId":"","connectorType":"",
            "revision":1}"#;
        let transaction: Transaction = serde_json::from_str(json).expect("a transaction");
        let first_seen_at = first_seen_at.map(str::to_owned);
        rank(&Transaction { date: date.to_owned(), date_precision: None, first_seen_at, ..transaction }, offset_minutes)
    }

    const DAY: &str = "2026-11-22T00:00:00Z";

    #[test]
    fn a_time_counts_for_itself_whenever_it_was_seen() {
        let date = "2026-11-22T10:00:00Z";
        assert_eq!(ranked(date, Some("2026-11-25T00:00:00Z"), 0), unix_millis(date));
    }

    #[test]
    fn a_day_counts_at_the_moment_it_was_seen_within_that_day() {
        for (seen, counts_at) in [
            ("2026-11-22T14:05:00.250Z", "2026-11-22T14:05:00.250Z"),
            ("2026-11-21T22:00:00Z", DAY),
            ("2026-11-25T08:00:00Z", "2026-11-22T23:59:59.999Z"),
        ] {
            assert_eq!(ranked(DAY, Some(seen), 0), unix_millis(counts_at), "{seen}");
        }
        assert_eq!(ranked(DAY, None, 0), unix_millis(DAY));
    }

    #[test]
    fn the_day_is_that_of_the_place() {
        // In Sydney the 22nd begins at 13:00 UTC of the previous day; in New York it ends at 05:00 of the next day.
        assert_eq!(ranked(DAY, Some("2026-11-21T22:00:00Z"), 660), unix_millis("2026-11-21T22:00:00Z"));
        assert_eq!(ranked(DAY, Some("2026-11-23T01:00:00Z"), -300), unix_millis("2026-11-23T01:00:00Z"));
    }

    #[test]
    fn what_is_no_date_has_no_rank() {
        assert_eq!(ranked("soon", Some(DAY), 0), None);
    }
}
