//! Texts as a person sees them, and the scalars of a JSON text.
//!
//! Owns finding card numbers, and numbers anywhere in a text. Must not mask or parse as the project does.

/// How many blocks the digits of most cards are printed in.
const BLOCKS: usize = 4;

/// Whether a text certainly shows a card number: a string of 13 to 19 digits that passes Luhn's check, or four blocks
/// of four with the same separator between them. Digits after letters may be an account number, and those that begin
/// with 19 or 20 a time.
pub fn shows_card_number(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let starts = (0..bytes.len()).filter(|at| is_digit(*at) && (*at == 0 || !is_digit(at - 1)));
    for start in starts {
        let end = (start..).find(|at| !is_digit(*at)).unwrap_or(bytes.len());
        let before = start.checked_sub(1).and_then(|before| bytes.get(before));
        if (13..=19).contains(&(end - start))
            && !before.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b' ')
        {
            let digits = &bytes[start..end];
            if passes_luhn(digits) && !digits.starts_with(b"19") && !digits.starts_with(b"20") {
                return true;
            }
        }
        if end - start == 4 && before.is_none() && blocks(&bytes[start..]).is_some_and(|digits| passes_luhn(&digits)) {
            return true;
        }
    }
    false
}

/// The digits of four blocks of four with the same separator between them, if a text begins with these.
fn blocks(bytes: &[u8]) -> Option<Vec<u8>> {
    let separator = bytes.get(4).filter(|byte| b" -.".contains(byte))?;
    let text = bytes.get(..BLOCKS * 5 - 1)?;
    let is_block = |(at, byte): (usize, &u8)| if at % 5 == 4 { byte == separator } else { byte.is_ascii_digit() };
    let is_whole = text.iter().enumerate().all(is_block) && !bytes.get(text.len()).is_some_and(u8::is_ascii_digit);
    is_whole.then(|| text.iter().copied().filter(u8::is_ascii_digit).collect())
}

fn passes_luhn(digits: &[u8]) -> bool {
    let doubled = [0, 2, 4, 6, 8, 1, 3, 5, 7, 9];
    let sum = digits.iter().rev().enumerate().fold(0, |sum, (place, digit)| {
        let digit = usize::from(digit - b'0');
        sum + if place % 2 == 0 { digit } else { doubled[digit] }
    });
    sum % 10 == 0
}

/// Whether a text has characters that are hidden in it, or reverse it.
pub fn is_hostile(text: &str) -> bool {
    text.chars().any(|char| matches!(char, '\u{200b}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'))
}

/// Every string and number of a JSON text at any depth, including names; strings are unescaped. Meaningless for a text
/// that is not JSON.
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
