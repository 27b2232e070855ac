//! Moments beside the present one.
//!
//! Owns how far away a moment is, in words, and its exact time. Must not read the clock: the time is passed in.

use wire::time::Civil;

use crate::format::{ago, day_label, day_of, time_label};

const MINUTE: i64 = 60_000;

/// How long ago something happened: `just now`, `3 min ago`.
///
/// A time that is newer than `now` is just now: a page's clock lags by up to half a minute, and a server's may be ahead.
pub(crate) fn since(at: i64, now: i64) -> String {
    let behind = now - at;
    if behind < MINUTE { "just now".to_owned() } else { ago(behind) }
}

/// How far ahead something is planned: `in less than a minute`, `in 12 min`, `in 2 d`; `due now` where its time has come.
pub(crate) fn until(at: i64, now: i64) -> String {
    match at - now {
        ..=0 => "due now".to_owned(),
        1..MINUTE => "in less than a minute".to_owned(),
        // Rounded up: a moment 59.5 minutes ahead is not 59 minutes ahead.
        ahead => match (ahead + MINUTE - 1) / MINUTE {
            minutes @ ..60 => format!("in {minutes} min"),
            minutes @ ..1_440 => format!("in {} h", (minutes + 30) / 60),
            minutes => format!("in {} d", (minutes + 720) / 1_440),
        },
    }
}

/// `14:05`; on another day `Sun 22 Nov 2026, 14:05`.
pub(crate) fn clock_time(at: i64, now: i64, offset: i32) -> String {
    if day_of(at, offset) == day_of(now, offset) { time(at, offset) } else { exact(at, Some(offset)) }
}

/// `Sun 22 Nov 2026, 14:05`, with the zone where it is not the reader's own.
pub(crate) fn exact(at: i64, local_offset: Option<i32>) -> String {
    let offset = local_offset.unwrap_or_default();
    let zone = if local_offset.is_some() { "" } else { " UTC" };
    format!("{}, {}{zone}", day_label(day_of(at, offset), None), time(at, offset))
}

fn time(at: i64, offset: i32) -> String {
    let civil = Civil::from_unix_millis(at, offset);
    time_label((civil.hour, civil.minute))
}

#[cfg(test)]
mod tests {
    use wire::time::unix_millis;

    use super::*;

    #[test]
    fn what_happened_is_as_long_ago_as_a_person_would_say_and_never_ahead() {
        let said = [-90_000_000, -7_200_000, -180_000, -60_000, -59_000, 0, 30_000, 7_200_000].map(|at| since(at, 0));
        let words = ["1 d ago", "2 h ago", "3 min ago", "1 min ago", "just now", "just now", "just now", "just now"];
        assert_eq!(said, words);
    }

    #[test]
    fn what_is_planned_is_as_far_ahead_as_a_person_would_say_and_never_past() {
        let said = [-180_000, 0, 30_000, 60_000, 90_000, 3_570_000, 7_200_000, 172_800_000].map(|at| until(at, 0));
        let words =
            ["due now", "due now", "in less than a minute", "in 1 min", "in 2 min", "in 1 h", "in 2 h", "in 2 d"];
        assert_eq!(said, words);
    }

    #[test]
    fn a_moment_of_another_day_has_its_day_and_one_of_another_zone_its_zone() {
        let at = |text: &str| unix_millis(text).expect("a time");
        let (noon, now) = (at("2026-11-22T12:05:00Z"), at("2026-11-22T12:30:00Z"));
        assert_eq!(clock_time(noon, now, 0), "12:05");
        assert_eq!(clock_time(noon, now, 660), "23:05");
        assert_eq!(clock_time(noon, now + 86_400_000, 0), "Sun 22 Nov 2026, 12:05");
        assert_eq!(exact(noon, None), "Sun 22 Nov 2026, 12:05 UTC");
        assert_eq!(exact(noon, Some(660)), "Sun 22 Nov 2026, 23:05");
    }
}
