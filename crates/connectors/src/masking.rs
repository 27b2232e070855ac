//! Readable texts: tidied, cut, and without card numbers.
//!
//! Owns which parts of a provider's free text may be shown. Must not touch ids, which have to stay exact.

mod cards;
mod digits;
mod group;
mod invisible;
mod json;
mod spared;

pub(crate) use cards::mask;
pub(crate) use json::{masked_json, masked_number};

/// One line without control characters or double blanks, masked, of at most `limit` characters. It is cut after
/// masking, so that no card number is cut to something that looks shorter than one, and masked again, because the
/// beginning of a longer number may look like a card's.
pub(crate) fn clean(text: &str, limit: usize) -> String {
    if is_plain(text) && is_tidy(text) {
        return cut(text, limit);
    }
    let kept = invisible::kept(text);
    mask(&cut(&mask(&kept.split_whitespace().collect::<Vec<_>>().join(" ")), limit))
}

/// The cleaned text, or `None` if nothing readable is left: blanks, joiners and selectors alone show nothing.
pub(crate) fn readable(text: &str, limit: usize) -> Option<String> {
    Some(clean(text, limit)).filter(|text| text.chars().any(invisible::is_visible))
}

/// The text as received, with its line breaks, but masked, without characters that hide or reorder text, and of at most
/// `limit` characters.
pub(crate) fn original(text: &str, limit: usize) -> String {
    if is_plain(text) {
        return cut(text, limit);
    }
    let kept: String = invisible::kept(text).chars().filter(|char| !char.is_control() || is_layout(*char)).collect();
    mask(&cut(&mask(&kept), limit))
}

/// Whether there is certainly nothing to remove or mask, as in most texts: only visible ASCII and blanks, with fewer
/// digits than a card number.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) && !cards::has_enough_digits(text)
}

/// Whether words are separated by single blanks, with none at the ends.
fn is_tidy(text: &str) -> bool {
    !text.starts_with(' ') && !text.ends_with(' ') && !text.contains("  ")
}

/// Control characters for layout.
fn is_layout(char: char) -> bool {
    matches!(char, '\n' | '\r' | '\t')
}

fn cut(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => text.get(..end).unwrap_or_default().trim_end().to_owned(),
        None => text.to_owned(),
    }
}

/// A provider's word for a kind of record, as readable text: `cash-withdrawal` is `Cash withdrawal`. Digits with other
/// separators may be a card number.
pub(crate) fn in_words(kind: &str) -> String {
    let spaced = mask(&kind.replace(['-', '_'], " "));
    let mut chars = spaced.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// The last four digits of an account's number; `None` if it shows fewer.
pub(crate) fn last_four(number: &str) -> Option<String> {
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    digits.len().checked_sub(4).map(|start| digits.into_iter().skip(start).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_beginning_of_a_longer_number_shows_no_card_number() {
        let number = format!("x {}", "0".repeat(40));
        for limit in 0..30 {
            for shown in [clean(&number, limit), original(&number, limit)] {
                assert_eq!(mask(&shown), shown);
                assert!(shown.chars().count() <= limit);
            }
        }
    }

    proptest! {
        #[test]
        fn the_short_way_for_plain_text_leads_to_the_same(text in "[ -~]{0,30}|[0-9 ]{0,30}", limit in 0_usize..40) {
            // A character that has to be removed forces the slow path.
            let long = format!("\u{200b}{text}");
            prop_assert_eq!(clean(&text, limit), clean(&long, limit));
            prop_assert_eq!(original(&text, limit), original(&long, limit));
        }
    }
}
