//! A file's names and values, as problem messages show them.
//!
//! Owns quoting and shortening them, and the search for the intended name. Must not judge them.

use toml::de::DeValue;

/// At most this many characters of a text are shown.
const MOST: usize = 60;

/// A value: a text in quotes, a number by its digits, anything else by its kind.
pub(super) fn value(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(own) => text(own),
        DeValue::Integer(digits) => name(digits.as_str()),
        DeValue::Float(digits) => name(digits.as_str()),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(_) => "a date".to_owned(),
        DeValue::Array(list) if list.is_empty() => "an empty list".to_owned(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}

/// A text in quotes.
pub(super) fn text(own: &str) -> String {
    format!("\"{}\"", name(own))
}

/// A name without characters that could disturb a terminal.
pub(super) fn name(own: &str) -> String {
    let mut shown: String = own.chars().take(MOST).flat_map(char::escape_debug).collect();
    if own.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown
}

/// The name that was probably meant.
pub(super) fn nearest<'n>(own: &str, names: &[&'n str]) -> Option<&'n str> {
    let own: String = own.chars().take(MOST).collect::<String>().to_lowercase().replace('_', "-");
    let near = |name: &&'n str| {
        let distance = strsim::osa_distance(&own, name);
        (distance <= 1 + name.len() / 4).then_some((distance, *name))
    };
    names.iter().filter_map(near).min().map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_fingers_is_recognised_and_another_word_is_not() {
        let names = ["header", "scheme", "encoding", "timestamp-header", "id"];
        for (own, meant) in [
            ("sheme", Some("scheme")),
            ("Header", Some("header")),
            ("ehader", Some("header")),
            ("timestamp_header", Some("timestamp-header")),
            ("encodign", Some("encoding")),
            ("ids", Some("id")),
            ("algorithm", None),
            ("", None),
        ] {
            assert_eq!(nearest(own, &names), meant, "{own}");
        }
    }

    #[test]
    fn a_text_is_shown_short_and_on_one_line() {
        assert_eq!(text("a\n\u{1b}[31m\"b"), r#""a\n\u{1b}[31m\"b""#);
        assert_eq!(text(&"x".repeat(70)), format!("\"{}…\"", "x".repeat(60)));
    }
}
