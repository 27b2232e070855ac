//! A lazily read view of JSON over the received bytes.
//!
//! Owns the guard that runs before anything is parsed, and reading values exactly: a number keeps its text until it is
//! an [`Amount`]. Must not know any provider's names.

mod document;
mod encoding;

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use wire::{Amount, AmountError};

pub(crate) use document::{Document, Member};
pub use encoding::{NotText, json_text};

/// How deeply arrays and objects may nest. serde_json skips a raw value without a limit, and all later recursion relies
/// on this one.
pub(crate) const MAX_DEPTH: usize = 64;

/// Why bytes are not JSON text that is safe to process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error(transparent)]
    NotText(#[from] NotText),
    #[error("it is nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    #[error("it is not JSON")]
    NotJson,
    #[error("an object in it names a member twice")]
    DuplicateName,
}

/// Checks a whole body: its encoding, at most [`MAX_DEPTH`] levels, JSON's syntax.
pub(crate) fn read(body: &[u8]) -> Result<&RawValue, Unreadable> {
    let text = json_text(body)?;
    if depth(body) > MAX_DEPTH {
        return Err(Unreadable::TooDeep);
    }
    serde_json::from_str(text).map_err(|_| Unreadable::NotJson)
}

/// The depth of brackets outside strings. Meaningless for a text that is not JSON.
fn depth(body: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// An object's members as written: names with their quotes and escapes, in order.
pub(crate) struct Members<'a>(pub(crate) Vec<(&'a RawValue, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Vec<(&'de RawValue, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(InOrder).map(Members)
    }
}

/// The UTF-16 code units of a JSON string token (including quotes), as JavaScript reads it: a lone surrogate is a unit
/// like any other.
pub(crate) fn utf16(token: &str) -> Vec<u16> {
    let inner = token.strip_prefix('"').and_then(|token| token.strip_suffix('"')).unwrap_or_default();
    let mut units = Vec::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(char) = chars.next() {
        if char != '\\' {
            units.extend_from_slice(char.encode_utf16(&mut [0; 2]));
            continue;
        }
        units.push(match chars.next() {
            Some('b') => 8,
            Some('t') => 9,
            Some('n') => 10,
            Some('f') => 12,
            Some('r') => 13,
            Some('u') => {
                chars.by_ref().take(4).fold(0, |unit, digit| (unit << 4) | digit.to_digit(16).unwrap_or(0) as u16)
            }
            Some('/') => u16::from(b'/'),
            Some('"') => u16::from(b'"'),
            _ => u16::from(b'\\'),
        });
    }
    units
}

/// The text of a string token (including quotes). Half a surrogate pair becomes a replacement character.
fn unescaped(token: &str) -> Cow<'_, str> {
    if token.contains('\\') {
        return Cow::Owned(String::from_utf16_lossy(&utf16(token)));
    }
    Cow::Borrowed(token.strip_prefix('"').and_then(|token| token.strip_suffix('"')).unwrap_or_default())
}

/// The value of `true` or `false`.
pub(crate) fn boolean(raw: &RawValue) -> Option<bool> {
    match raw.get() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// Whether a value is `null` or a blank string.
pub(crate) fn is_absent(raw: &RawValue) -> bool {
    let text = raw.get();
    text == "null" || text.strip_prefix('"').is_some_and(|rest| rest.trim_end_matches('"').trim().is_empty())
}

/// A string's text. Half a surrogate pair, as a cut in JavaScript leaves it, becomes a replacement character.
pub(crate) fn text(raw: &RawValue) -> Option<String> {
    raw.get().starts_with('"').then(|| unescaped(raw.get()).into_owned())
}

/// A string, or a number's digits as received. A string that is not Unicode is not an id, because replacing a character
/// would make it a different id.
pub(crate) fn id(raw: &RawValue) -> Option<String> {
    match raw.get().as_bytes().first() {
        Some(b'"') => serde_json::from_str(raw.get()).ok(),
        Some(b'-' | b'0'..=b'9') => Some(raw.get().to_owned()),
        _ => None,
    }
}

/// The readable text of a string, a number, or an array of both: lines of one text, as ISO 20022 has them.
pub(crate) fn words(raw: &RawValue) -> Option<String> {
    match raw.get().as_bytes().first() {
        Some(b'"') => text(raw),
        Some(b'-' | b'0'..=b'9') => Some(raw.get().to_owned()),
        Some(b'[') => {
            let elements: Vec<&RawValue> = serde_json::from_str(raw.get()).ok()?;
            let lines = elements.into_iter().filter(|line| !line.get().starts_with('[')).filter_map(words);
            Some(lines.collect::<Vec<_>>().join(" ")).filter(|text| !text.is_empty())
        }
        _ => None,
    }
}

/// A number, or a string of digits.
pub(crate) fn amount(raw: &RawValue) -> Result<Amount, AmountError> {
    match text(raw) {
        Some(text) => text.parse(),
        None => raw.get().parse(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(json: &str) -> Document<'_> {
        Document::open(read(json.as_bytes()).unwrap()).unwrap().unwrap()
    }

    #[test]
    fn sixty_four_levels_are_read_and_one_more_is_refused() {
        let nested = |depth: usize| [vec![b'['; depth], vec![b']'; depth]].concat();
        assert!(read(&nested(64)).is_ok());
        assert_eq!(read(&nested(65)).unwrap_err(), Unreadable::TooDeep);
    }

    #[test]
    fn brackets_inside_strings_are_not_nesting() {
        let body = format!(r#"{{"a\"{}": "\\"}}"#, "[{".repeat(100));
        assert!(read(body.as_bytes()).is_ok());
    }

    #[test]
    fn an_amount_is_the_same_from_a_number_and_from_a_string() {
        let both = document(r#"{"number": -50.10, "string": "-50.10"}"#);
        assert_eq!(both.amount(&["number"]).unwrap().unwrap().to_string(), "-50.10");
        assert_eq!(both.amount(&["string"]).unwrap().unwrap().to_string(), "-50.10");
    }

    #[test]
    fn what_is_there_but_no_number_is_an_error_and_no_absence() {
        for json in [r#"{"amount": true}"#, r#"{"amount": {}}"#, r#"{"amount": "12,50"}"#, r#"{"amount": "NaN"}"#] {
            assert_eq!(document(json).amount(&["amount"]), Err(AmountError::NotANumber), "{json}");
        }
        assert_eq!(document(r#"{"amount": 1e15}"#).amount(&["amount"]), Err(AmountError::OutOfRange));
    }

    #[test]
    fn null_and_blank_are_absent_and_the_next_name_counts() {
        let dates = document(r#"{"a": null, "b": "", "c": "  ", "d": "x"}"#);
        assert_eq!(dates.text(&["a", "b", "c", "d"]).as_deref(), Some("x"));
    }

    #[test]
    fn a_name_that_comes_twice_is_refused_even_when_spelled_with_escapes() {
        let raw = read(br#"{"amount": 1, "\u0061mount": 2}"#).unwrap();
        assert_eq!(Document::open(raw).unwrap_err(), Unreadable::DuplicateName);
    }

    #[test]
    fn numbers_and_lines_are_read_as_text_and_nothing_else_is() {
        let texts =
            document(r#"{"a": true, "b": {}, "c": [], "d": [[1]], "e": [" one", 2, null, "three"], "f": 12.50}"#);
        assert_eq!(texts.words(&["a", "b", "c", "d", "e"]).as_deref(), Some(" one 2 three"));
        assert_eq!(texts.words(&["f"]).as_deref(), Some("12.50"));
    }

    #[test]
    fn half_a_surrogate_pair_is_shown_as_a_replacement_and_is_no_id() {
        let cut = document(r#"{"text": "Caf\u00e9 \ud83d"}"#);
        assert_eq!(cut.text(&["text"]).as_deref(), Some("Café \u{fffd}"));
        assert_eq!(cut.id(&["text"]), None);
    }
}
