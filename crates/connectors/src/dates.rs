//! Providers' dates: days, and instants in UTC.
//!
//! Owns which notations are read. Must not know the clock.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use ledger::When;
use wire::DatePrecision;

/// Reads an RFC 3339 instant, a date and time without an offset (taken as UTC, which is what senders that omit it mean)
/// or a plain day. Milliseconds are kept; finer fractions are cut off. `None` for anything else.
pub fn read(text: &str) -> Option<When> {
    let text = text.trim();
    let (day, rest) = parts(text)?;
    if rest.is_empty() {
        return midnight(day);
    }
    Some(When { date: written(timestamp(text, rest)?)?, precision: DatePrecision::Instant })
}

/// The day that such a text names; for an instant, the day in its own offset: a sender that knows only the day may
/// write its local midnight.
pub fn read_day(text: &str) -> Option<When> {
    read(text)?;
    midnight(text.trim().get(..10)?)
}

/// The instant of a Unix time in seconds.
pub fn of_unix(seconds: i64) -> Option<When> {
    of_unix_millis(seconds.checked_mul(1000)?)
}

/// The instant of a Unix time in milliseconds.
pub(crate) fn of_unix_millis(millis: i64) -> Option<When> {
    let timestamp = Timestamp::from_millisecond(millis).ok()?;
    Some(When { date: written(timestamp)?, precision: DatePrecision::Instant })
}

/// The milliseconds since 1970 of an instant; `None` for a day.
pub(crate) fn millis(text: &str) -> Option<i64> {
    let text = text.trim();
    let (_, rest) = parts(text)?;
    timestamp(text, rest).map(Timestamp::as_millisecond)
}

/// The day of a text, and the rest after it. jiff reads more than RFC 3339: years of six digits, compact forms, zone
/// names in brackets.
fn parts(text: &str) -> Option<(&str, &str)> {
    let (day, rest) = (text.get(..10)?, text.get(10..)?);
    let shaped = day.bytes().zip(*b"dddd-dd-dd").all(|(byte, shape)| match shape {
        b'd' => byte.is_ascii_digit(),
        _ => byte == shape,
    });
    (shaped && !rest.contains('[')).then_some((day, rest))
}

fn timestamp(text: &str, rest: &str) -> Option<Timestamp> {
    match text.parse::<Timestamp>() {
        Ok(timestamp) => Some(timestamp),
        Err(_) if is_local(rest) => {
            Some(text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp()).filter(|_| !rest.is_empty())
        }
        Err(_) => None,
    }
}

fn midnight(day: &str) -> Option<When> {
    let midnight = day.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp();
    Some(When { date: written(midnight)?, precision: DatePrecision::Day })
}

/// An instant whose year RFC 3339 can write.
fn written(timestamp: Timestamp) -> Option<String> {
    let millis = timestamp.as_millisecond();
    let timestamp = Timestamp::from_millisecond(millis).ok()?;
    let written = if millis % 1000 == 0 { format!("{timestamp:.0}") } else { format!("{timestamp:.3}") };
    // An offset can move the first day of year 0 into a year that has no notation.
    written.starts_with(|first: char| first.is_ascii_digit()).then_some(written)
}

/// Whether a time of day has no offset.
fn is_local(time: &str) -> bool {
    !time.contains(['Z', 'z', '+', '-'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn instant(text: &str) -> Option<String> {
        read(text).filter(|when| when.precision == DatePrecision::Instant).map(|when| when.date)
    }

    fn day(text: &str) -> Option<String> {
        read(text).filter(|when| when.precision == DatePrecision::Day).map(|when| when.date)
    }

    #[test]
    fn instants_are_brought_to_utc() {
        for (text, utc) in [
            ("2024-04-29T11:28:20Z", "2024-04-29T11:28:20Z"),
            ("2024-04-29T21:28:20+10:00", "2024-04-29T11:28:20Z"),
            ("2020-01-01T00:00:00.000Z", "2020-01-01T00:00:00Z"),
            ("2020-01-01T00:00:00.120Z", "2020-01-01T00:00:00.120Z"),
            ("2020-01-01T00:00:00.1239999Z", "2020-01-01T00:00:00.123Z"),
            ("2024-12-31T23:30:00-01:00", "2025-01-01T00:30:00Z"),
            ("2024-02-29T10:11:12", "2024-02-29T10:11:12Z"),
        ] {
            assert_eq!(instant(text).as_deref(), Some(utc), "{text}");
        }
    }

    #[test]
    fn seconds_since_1970_are_an_instant() {
        let when = of_unix(1_714_391_300).unwrap();
        assert_eq!((when.date.as_str(), when.precision), ("2024-04-29T11:48:20Z", DatePrecision::Instant));
        assert_eq!((of_unix(i64::MAX), of_unix(i64::MIN)), (None, None));
    }

    #[test]
    fn a_day_is_a_day_and_an_instant_at_midnight_is_none() {
        assert_eq!(day("2025-11-13").as_deref(), Some("2025-11-13T00:00:00Z"));
        assert_eq!(instant("2025-11-13"), None);
        assert_eq!(instant("2025-11-13T00:00:00Z").as_deref(), Some("2025-11-13T00:00:00Z"));
        assert_eq!(day("2025-11-13T00:00:00Z"), None);
    }

    #[test]
    fn the_day_of_an_instant_is_the_one_in_its_own_offset() {
        for text in ["2025-11-13", "2025-11-13T00:00:00+11:00", "2025-11-13T23:59:00-08:00", " 2025-11-13T00:00:00Z "] {
            let when = read_day(text).unwrap();
            assert_eq!((when.date.as_str(), when.precision), ("2025-11-13T00:00:00Z", DatePrecision::Day), "{text}");
        }
        assert_eq!(read_day("2025-11-13T99:00:00Z"), None);
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "yesterday",
            "2023-02-29",
            "2024-13-01",
            "29/04/2024",
            "20240429",
            "1714390100",
            "2024-04-29T25:00:00Z",
            "2024-04-29Z",
            "+002024-04-29",
            "2024-04-29T11:28:20[Europe/Berlin]",
            "2024-04-29T11:28:20+99:00",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}") {
            let _ = read(&text);
            let _ = read_day(&text);
        }

        #[test]
        fn what_is_written_is_read_back(millis in -62_135_596_800_000_i64..253_402_207_200_000) {
            let written = instant(&Timestamp::from_millisecond(millis).unwrap().to_string()).unwrap();
            prop_assert_eq!(instant(&written), Some(written.clone()));
            prop_assert_eq!(written.parse::<Timestamp>().unwrap().as_millisecond(), millis);
        }
    }
}
