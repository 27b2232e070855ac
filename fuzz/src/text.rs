//! Texts as a person sees them, and the scalars of a JSON text.
//!
//! Owns counting what looks like a card's number and finding numbers wherever they stand. Must not mask
//! or parse as the project does.

/// Runs of so many digits are hidden.
const CARD_DIGITS: usize = 13;
/// Digits with no more than this between them are one run.
const MAX_GAP: usize = 3;

/// Whether a text shows a run of digits that may be a card's number: 13 and more of them with blanks or
/// dashes between. No checksum is asked for: the masking promises it of every run.
pub fn shows_card_number(text: &str) -> bool {
    let (mut run, mut gap) = (0, 0);
    for char in text.chars() {
        (run, gap) = match char {
            '0'..='9' => (run + 1, 0),
            '-' | ' ' | '\t' | '\n' | '\r' | '\u{a0}' | '\u{2013}' if gap < MAX_GAP => (run, gap + 1),
            _ => (0, 0),
        };
        if run >= CARD_DIGITS {
            return true;
        }
    }
    false
}

/// Every string and number of a JSON text, wherever it stands, names included: strings by what they stand
/// for. On what is no JSON the answer means nothing.
pub fn scalars(json: &str) -> Vec<String> {
    let bytes = json.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let start = at;
        at += 1;
        if *byte == b'"' {
            while bytes.get(at).is_some_and(|byte| *byte != b'"') {
                at += if bytes[at] == b'\\' { 2 } else { 1 };
            }
            at += 1;
            found.extend(json.get(start..at).and_then(|token| serde_json::from_str(token).ok()));
        } else if byte.is_ascii_digit() || *byte == b'-' {
            while bytes.get(at).is_some_and(|byte| byte.is_ascii_digit() || b"+-.eE".contains(byte)) {
                at += 1;
            }
            found.push(json[start..at].to_owned());
        }
    }
    found
}
