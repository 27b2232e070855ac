//! The text of a JSON body.
//!
//! Owns its encoding. Must not parse it.

/// Why bytes are not JSON text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotText {
    /// They are UTF-16 or UTF-32.
    #[error("it is UTF-16 or UTF-32, and JSON is sent as UTF-8")]
    Wide,
    /// They are not Unicode.
    #[error("it is not UTF-8")]
    NotUtf8,
}

/// A body's text. JSON is sent as UTF-8 without a byte order mark; a mark that is present is skipped (RFC 8259, section
/// 8.1), but signed like any other byte of the body.
pub fn json_text(body: &[u8]) -> Result<&str, NotText> {
    let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    // JSON text begins with an ASCII character: a zero byte next to it is the other half of that character.
    if matches!(text, [0xfe, 0xff, ..] | [0xff, 0xfe, ..] | [0, _, ..] | [_, 0, ..]) {
        return Err(NotText::Wide);
    }
    std::str::from_utf8(text).map_err(|_| NotText::NotUtf8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_not_read() {
        assert_eq!(json_text(b"\xef\xbb\xbf{}"), Ok("{}"));
        assert_eq!(json_text(b"{}"), Ok("{}"));
        assert_eq!(json_text(b""), Ok(""));
        // Only the first is a mark: a second one is a character, and not JSON.
        assert_eq!(json_text(b"\xef\xbb\xbf\xef\xbb\xbf{}"), Ok("\u{feff}{}"));
    }

    #[test]
    fn utf_16_and_utf_32_are_told_from_what_is_no_text() {
        let units: Vec<u16> = "{\"a\":1}".encode_utf16().collect();
        let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        let marked = [b"\xff\xfe".as_slice(), &little].concat();
        for body in [&little, &big, &marked, &b"\0\0\0{".to_vec()] {
            assert_eq!(json_text(body), Err(NotText::Wide), "{body:?}");
        }
        assert_eq!(json_text(b"{\"a\":\"\xc3\x28\"}"), Err(NotText::NotUtf8));
    }
}
