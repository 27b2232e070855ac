//! JSON for display, under the same rules as text.
//!
//! Owns which parts of it are readable texts: names, strings, and numbers that are a card's. Must not change any other
//! number, nor the order of anything.

use serde_json::value::{RawValue, to_raw_value};

use super::{mask, original};
use crate::json::{self, Members, Unreadable};

/// The longest string, in characters: the caller limits the size of the whole.
const LONGEST: usize = usize::MAX;

/// A value whose names and strings are tidied and masked, at any depth.
///
/// Recursive: `value` must have passed [`json::read`].
pub(crate) fn masked_json(value: &RawValue) -> Result<Box<RawValue>, Unreadable> {
    let mut out = String::with_capacity(value.get().len());
    write(value, &mut out)?;
    RawValue::from_string(out).map_err(|_| Unreadable::NotJson)
}

fn write(value: &RawValue, out: &mut String) -> Result<(), Unreadable> {
    match value.get().as_bytes().first() {
        Some(b'{') => {
            let Members(members) = serde_json::from_str(value.get()).map_err(|_| Unreadable::NotJson)?;
            list(out, ['{', '}'], members, |(name, value), out| {
                string(name, out);
                out.push(':');
                write(value, out)
            })
        }
        Some(b'[') => {
            let elements: Vec<&RawValue> = serde_json::from_str(value.get()).map_err(|_| Unreadable::NotJson)?;
            list(out, ['[', ']'], elements, write)
        }
        Some(b'"') => {
            string(value, out);
            Ok(())
        }
        Some(b'-' | b'0'..=b'9') => {
            out.push_str(masked_number(value).as_deref().unwrap_or(value).get());
            Ok(())
        }
        _ => {
            out.push_str(value.get());
            Ok(())
        }
    }
}

fn list<T>(
    out: &mut String,
    [open, close]: [char; 2],
    parts: Vec<T>,
    write: impl Fn(T, &mut String) -> Result<(), Unreadable>,
) -> Result<(), Unreadable> {
    out.push(open);
    for (index, part) in parts.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write(part, out)?;
    }
    out.push(close);
    Ok(())
}

fn string(token: &RawValue, out: &mut String) {
    let text = json::text(token).unwrap_or_default();
    let shown = to_raw_value(&original(&text, LONGEST));
    out.push_str(shown.as_deref().map_or("\"\"", RawValue::get));
}

/// The masked form of a card number, as a string; `None` for any other number. A card number has no fraction, but may
/// end in `.0`, or be written with an exponent.
pub(crate) fn masked_number(number: &RawValue) -> Option<Box<RawValue>> {
    let (mantissa, exponent) = match number.get().split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (number.get(), None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = if exponent.is_some() { [whole, fraction].concat() } else { whole.to_owned() };
    let shown = mask(&digits);
    (shown != digits).then(|| to_raw_value(&shown).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(json: &str) -> String {
        masked_json(json::read(json.as_bytes()).unwrap()).unwrap().get().to_owned()
    }

    #[test]
    fn names_strings_and_numbers_show_no_card_number_however_deep() {
        let json = r#"{"4111111111111111": [{"a": "PAN 4111 1111 1111 1111"}, 4111111111111111, 4111111111111111.0, 4.111111111111111e15]}"#;
        let masked = r#"{"•••• 1111":[{"a":"PAN •••• 1111"},"•••• 1111","•••• 1111","•••• 1111"]}"#;
        assert_eq!(shown(json), masked);
    }

    #[test]
    fn everything_else_stays_digit_for_digit_and_in_its_order() {
        let json = r#"{"b":[1.10,-0,1e400,0.66123456789012345,12345678901234567890.5,true,null],"a":"می‌خواهم","é":{}}"#;
        assert_eq!(shown(json), json);
    }

    #[test]
    fn what_turns_text_around_goes() {
        assert_eq!(shown(r#"{"a":"x\u202ey\u0007"}"#), r#"{"a":"xy"}"#);
    }
}
