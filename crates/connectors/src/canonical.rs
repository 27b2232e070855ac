//! JSON as JavaScript's `JSON.stringify` writes it, with members sorted.
//!
//! Owns the bytes that Apideck signs. Must not know keys or headers.

use serde_json::value::RawValue;

use crate::json::{Members, Unreadable, utf16};

/// Whether objects inside arrays are sorted as well. Apideck's prose says that the order of arrays stays; its sample
/// returns arrays untouched, so objects in them stay unsorted
/// (<https://developers.apideck.com/guides/webhook-signature-verification>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrays {
    Untouched,
    Sorted,
}

/// `value` without whitespace, its objects sorted by name in the order of UTF-16 code units. Strings are escaped as
/// `JSON.stringify` does; numbers keep their text. A name that occurs twice in one object is refused: two different
/// bodies would share a signature.
///
/// Recursive: `value` must have passed [`crate::json::read`].
pub(crate) fn canonical(value: &RawValue, arrays: Arrays) -> Result<String, Unreadable> {
    let mut out = String::with_capacity(value.get().len());
    write(value, true, arrays, &mut out)?;
    Ok(out)
}

fn write(value: &RawValue, sort: bool, arrays: Arrays, out: &mut String) -> Result<(), Unreadable> {
    match value.get().as_bytes().first() {
        Some(b'{') => write_object(value, sort, arrays, out),
        Some(b'[') => {
            let elements: Vec<&RawValue> = serde_json::from_str(value.get()).map_err(|_| Unreadable::NotJson)?;
            out.push('[');
            for (index, element) in elements.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(element, sort && arrays == Arrays::Sorted, arrays, out)?;
            }
            out.push(']');
            Ok(())
        }
        Some(b'"') => {
            write_string(value.get(), out);
            Ok(())
        }
        _ => {
            out.push_str(value.get());
            Ok(())
        }
    }
}

fn write_object(value: &RawValue, sort: bool, arrays: Arrays, out: &mut String) -> Result<(), Unreadable> {
    let Members(members) = serde_json::from_str(value.get()).map_err(|_| Unreadable::NotJson)?;
    let mut sorted: Vec<_> = members.iter().map(|(name, value)| (utf16(name.get()), *name, *value)).collect();
    sorted.sort_by(|(one, ..), (other, ..)| one.cmp(other));
    if sorted.windows(2).any(|pair| matches!(pair, [(one, ..), (other, ..)] if one == other)) {
        return Err(Unreadable::DuplicateName);
    }
    let members = if sort { sorted.into_iter().map(|(_, name, value)| (name, value)).collect() } else { members };
    out.push('{');
    for (index, (name, value)) in members.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_string(name.get(), out);
        out.push(':');
        write(value, sort, arrays, out)?;
    }
    out.push('}');
    Ok(())
}

/// ECMA-262's QuoteJSONString: the short escapes, other control characters and lone surrogates as `\u` with lower-case
/// digits, everything else unchanged.
fn write_string(token: &str, out: &mut String) {
    if !token.contains('\\') {
        // A token without an escape contains nothing that needs one.
        out.push_str(token);
        return;
    }
    out.push('"');
    for char in char::decode_utf16(utf16(token)) {
        match char {
            Ok('"') => out.push_str("\\\""),
            Ok('\\') => out.push_str("\\\\"),
            Ok('\u{8}') => out.push_str("\\b"),
            Ok('\t') => out.push_str("\\t"),
            Ok('\n') => out.push_str("\\n"),
            Ok('\u{c}') => out.push_str("\\f"),
            Ok('\r') => out.push_str("\\r"),
            Ok(control) if control < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(control))),
            Ok(char) => out.push(char),
            Err(lone) => out.push_str(&format!("\\u{:04x}", lone.unpaired_surrogate())),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::read;

    fn sorted(json: &str, arrays: Arrays) -> Result<String, Unreadable> {
        canonical(read(json.as_bytes()).unwrap(), arrays)
    }

    #[test]
    fn objects_are_sorted_and_blanks_go() {
        let json = "{ \"b\" : {\"d\": 1, \"c\": [2, 1]},\n \"a\": null }";
        assert_eq!(sorted(json, Arrays::Untouched).unwrap(), r#"{"a":null,"b":{"c":[2,1],"d":1}}"#);
    }

    #[test]
    fn objects_inside_arrays_are_sorted_only_on_request() {
        let json = r#"{"z":[{"b":1,"a":{"d":1,"c":2}}]}"#;
        assert_eq!(sorted(json, Arrays::Untouched).unwrap(), json);
        assert_eq!(sorted(json, Arrays::Sorted).unwrap(), r#"{"z":[{"a":{"c":2,"d":1},"b":1}]}"#);
    }

    #[test]
    fn names_sort_by_utf16_units_and_not_by_code_points() {
        // U+FF5E is one unit, 0xFF5E; U+1F600 begins with 0xD83D and so comes first.
        assert_eq!(sorted(r#"{"～":1,"😀":2,"a":3}"#, Arrays::Untouched).unwrap(), r#"{"a":3,"😀":2,"～":1}"#);
    }

    #[test]
    fn numbers_keep_their_text() {
        let json = r#"{"a":[1.10,-0,1e400,12345678901234567890.123]}"#;
        assert_eq!(sorted(json, Arrays::Sorted).unwrap(), json);
    }

    #[test]
    fn strings_are_escaped_as_javascript_does() {
        let json = r#"{"a":"\/ \u00e9 \u0001 \u001F \u2028 \ud83d\ude00 \uD83D \" \\ \b\f\n\r\t <&>"}"#;
        let written = "{\"a\":\"/ é \\u0001 \\u001f \u{2028} 😀 \\ud83d \\\" \\\\ \\b\\f\\n\\r\\t <&>\"}";
        assert_eq!(sorted(json, Arrays::Untouched).unwrap(), written);
    }

    #[test]
    fn a_name_that_comes_twice_is_refused_anywhere() {
        for json in [r#"{"a":1,"a":1}"#, r#"{"a":{"b":1,"\u0062":2}}"#, r#"{"a":[{"b":1,"b":1}]}"#] {
            assert_eq!(sorted(json, Arrays::Untouched), Err(Unreadable::DuplicateName), "{json}");
        }
    }
}
