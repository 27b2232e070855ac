//! Dates and times in the notation that a file declares.
//!
//! Owns reading a value in one notation and no other. Must not know which time it is.

use jiff::Timestamp;
use ledger::When;
use serde_json::value::RawValue;

use crate::{dates, json};

/// How a date or a time is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notation {
    /// RFC 3339; a date alone is a day.
    Rfc3339,
    /// RFC 3339, of which only the day counts.
    Day,
    /// Whole seconds since 1970.
    Seconds,
    /// Whole milliseconds since 1970.
    Milliseconds,
}

impl Notation {
    /// The notation with this name in files.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "rfc3339" => Self::Rfc3339,
            "day" => Self::Day,
            "seconds" => Self::Seconds,
            "milliseconds" => Self::Milliseconds,
            _ => return None,
        })
    }

    /// A day or an instant.
    pub(super) fn when(self, raw: &RawValue) -> Option<When> {
        match self {
            Self::Rfc3339 => dates::read(&json::text(raw)?),
            Self::Day => dates::read_day(&json::text(raw)?),
            Self::Seconds | Self::Milliseconds => dates::of_unix_millis(self.millis(raw)?),
        }
    }

    /// An instant, in milliseconds since 1970; `None` for a day.
    pub(super) fn millis(self, raw: &RawValue) -> Option<i64> {
        let text = json::text(raw);
        self.millis_of(text.as_deref().unwrap_or(raw.get()))
    }

    /// The instant of a text, in milliseconds since 1970; `None` for a day.
    pub(super) fn millis_of(self, text: &str) -> Option<i64> {
        let text = text.trim();
        match self {
            Self::Rfc3339 => dates::millis(text),
            Self::Day => None,
            Self::Seconds => digits(text)?.checked_mul(1000),
            Self::Milliseconds => digits(text),
        }
    }
}

impl Notation {
    /// A time written in this notation; for a day, its midnight.
    pub(super) fn written(self, now: Timestamp) -> String {
        match self {
            Self::Rfc3339 | Self::Day => now.to_string(),
            Self::Seconds => now.as_second().to_string(),
            Self::Milliseconds => now.as_millisecond().to_string(),
        }
    }
}

/// Digits only: a fraction or an exponent is another notation.
fn digits(text: &str) -> Option<i64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_in_its_own_notation_and_no_other() {
        let all = [Notation::Rfc3339, Notation::Day, Notation::Seconds, Notation::Milliseconds];
        for (json, dates) in [
            (
                r#""2024-04-29T21:28:20+10:00""#,
                [Some("2024-04-29T11:28:20Z"), Some("2024-04-29T00:00:00Z"), None, None],
            ),
            (r#""2024-04-29""#, [Some("2024-04-29T00:00:00Z"), Some("2024-04-29T00:00:00Z"), None, None]),
            ("1714390100", [None, None, Some("2024-04-29T11:28:20Z"), Some("1970-01-20T20:13:10.100Z")]),
            (r#""1714390100250""#, [None, None, None, Some("2024-04-29T11:28:20.250Z")]),
            ("1714390100.5", [None; 4]),
            ("1e9", [None; 4]),
            ("-5", [None; 4]),
            ("true", [None; 4]),
            (r#""29/04/2024""#, [None; 4]),
            ("99999999999999999999", [None; 4]),
        ] {
            let raw = RawValue::from_string(json.to_owned()).unwrap();
            let read = all.map(|notation| notation.when(&raw).map(|when| when.date));
            assert_eq!(read, dates.map(|date| date.map(str::to_owned)), "{json}");
        }
    }
}
