//! Providers' dates as instants in UTC.
//!
//! Owns which notations are read. Must not know the clock.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// `YYYY-MM-DDTHH:MM:SSZ` of an RFC 3339 instant, of a date and time without an offset (taken as UTC,
/// which is what senders that leave it out mean) or of a plain day (its midnight, UTC). Milliseconds are
/// written where there are any; finer fractions are cut off. Nothing for anything else.
pub fn instant(text: &str) -> Option<String> {
    let text = text.trim();
    // jiff reads more than RFC 3339: years of six digits, compact forms, zone names in brackets.
    let (day, rest) = (text.get(..10)?, text.get(10..)?);
    let shaped = day.bytes().zip(*b"dddd-dd-dd").all(|(byte, shape)| match shape {
        b'd' => byte.is_ascii_digit(),
        _ => byte == shape,
    });
    if !shaped || rest.contains('[') {
        return None;
    }
    let timestamp = if rest.is_empty() {
        day.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp()
    } else if let Ok(timestamp) = text.parse::<Timestamp>() {
        timestamp
    } else {
        text.parse::<DateTime>().ok().filter(|_| is_local(rest))?.to_zoned(TimeZone::UTC).ok()?.timestamp()
    };
    let millis = timestamp.as_millisecond();
    let timestamp = Timestamp::from_millisecond(millis).ok()?;
    let written = if millis % 1000 == 0 { format!("{timestamp:.0}") } else { format!("{timestamp:.3}") };
    // An offset can carry the first day of the year 0 into a year that RFC 3339 has no notation for.
    written.starts_with(|first: char| first.is_ascii_digit()).then_some(written)
}

/// Whether a time of day carries no offset.
fn is_local(time: &str) -> bool {
    !time.contains(['Z', 'z', '+', '-'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn instants_are_brought_to_utc() {
        for (text, utc) in [
            ("2024-04-29T11:28:20Z", "2024-04-29T11:28:20Z"),
            ("2024-04-29T21:28:20+10:00", "2024-04-29T11:28:20Z"),
            ("2020-01-01T00:00:00.000Z", "2020-01-01T00:00:00Z"),
            ("2020-01-01T00:00:00.120Z", "2020-01-01T00:00:00.120Z"),
            ("2020-01-01T00:00:00.1239999Z", "2020-01-01T00:00:00.123Z"),
            ("2024-12-31T23:30:00-01:00", "2025-01-01T00:30:00Z"),
        ] {
            assert_eq!(instant(text).as_deref(), Some(utc), "{text}");
        }
    }

    #[test]
    fn a_day_is_its_midnight_and_a_time_without_an_offset_is_utc() {
        assert_eq!(instant("2024-02-29").as_deref(), Some("2024-02-29T00:00:00Z"));
        assert_eq!(instant("2024-02-29T10:11:12").as_deref(), Some("2024-02-29T10:11:12Z"));
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
            assert_eq!(instant(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}") {
            let _ = instant(&text);
        }

        #[test]
        fn what_is_written_is_read_back(millis in -62_135_596_800_000_i64..253_402_207_200_000) {
            let written = instant(&Timestamp::from_millisecond(millis).unwrap().to_string()).unwrap();
            prop_assert_eq!(instant(&written), Some(written.clone()));
            prop_assert_eq!(written.parse::<Timestamp>().unwrap().as_millisecond(), millis);
        }
    }
}
