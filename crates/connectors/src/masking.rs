//! Text for people: tidied, cut, and without card numbers.
//!
//! Owns what of a provider's free text may be shown. Must not touch ids, which have to stay exact.

/// From this many digits on, a run may be a card number (ISO/IEC 7812: up to 19). Longer runs are
/// masked as well: a card number may stand in them.
const CARD_DIGITS: usize = 13;

/// How many blanks or dashes in a row still belong to one number.
const MAX_GAP: usize = 3;

/// Shows only the last four digits of every run of 13 digits and more: `•••• 1234`. Digits are one run
/// with blanks or dashes between them, as in `4111 1111 1111 1111`.
pub(crate) fn mask(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut masked = String::with_capacity(text.len());
    let mut rest = chars.as_slice();
    while let [first, others @ ..] = rest {
        if !first.is_ascii_digit() {
            masked.push(*first);
            rest = others;
            continue;
        }
        let (run, after) = rest.split_at(run_length(rest));
        let digits: Vec<char> = run.iter().copied().filter(char::is_ascii_digit).collect();
        if digits.len() >= CARD_DIGITS {
            masked.push_str("•••• ");
            masked.extend(digits.iter().skip(digits.len() - 4));
        } else {
            masked.extend(run);
        }
        rest = after;
    }
    masked
}

/// How many characters the run of digits at the start has, up to and with its last digit.
fn run_length(chars: &[char]) -> usize {
    let (mut length, mut gap) = (0, 0);
    for (index, char) in chars.iter().enumerate() {
        if char.is_ascii_digit() {
            (length, gap) = (index + 1, 0);
        } else if joins(*char) && gap < MAX_GAP {
            gap += 1;
        } else {
            break;
        }
    }
    length
}

fn joins(char: char) -> bool {
    char.is_whitespace()
        || is_invisible(char)
        || matches!(char, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe63}' | '\u{ff0d}')
}

/// Control characters and the marks that reorder or hide text.
fn is_invisible(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// One line without control characters or double blanks, masked, of at most `limit` characters.
/// It is cut after masking, so that no number is cut to something that looks shorter than a card's.
pub(crate) fn clean(text: &str, limit: usize) -> String {
    let visible: String = text.chars().filter(|char| char.is_whitespace() || !is_invisible(*char)).collect();
    cut(&mask(&visible.split_whitespace().collect::<Vec<_>>().join(" ")), limit)
}

/// As it came, but masked, and of at most `limit` characters.
pub(crate) fn original(text: &str, limit: usize) -> String {
    cut(&mask(text), limit)
}

fn cut(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => text.get(..end).unwrap_or_default().trim_end().to_owned(),
        None => text.to_owned(),
    }
}

/// The last four digits of an account's number; nothing where it shows fewer.
pub(crate) fn last_four(number: &str) -> Option<String> {
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    digits.len().checked_sub(4).map(|start| digits.into_iter().skip(start).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn card_numbers_show_their_last_four_digits() {
        for (text, shown) in [
            ("VISA 4111111111111234 SYDNEY", "VISA •••• 1234 SYDNEY"),
            ("4111 1111 1111 1234", "•••• 1234"),
            ("4111-1111-1111-1234.", "•••• 1234."),
            ("card3782 822463 10005x", "card•••• 0005x"),
            ("1234567890123", "•••• 0123"),
        ] {
            assert_eq!(mask(text), shown);
        }
    }

    #[test]
    fn shorter_numbers_stay() {
        for text in ["Invoice 123456789012", "0412 345 678", "2024-04-29", "12.34 5678"] {
            assert_eq!(mask(text), text);
        }
    }

    #[test]
    fn a_number_that_tidying_would_join_is_masked_too() {
        assert_eq!(clean("4111     1111\t\t\t\t\t1111 \u{200b}1234", 100), "•••• 1234");
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(clean("äöüäöü", 3), "äöü");
        assert_eq!(clean("a 4111111111111234", 4), "a ••");
    }

    #[test]
    fn an_account_number_gives_its_last_four_digits_or_none() {
        assert_eq!(last_four("062-000 1234 5678").as_deref(), Some("5678"));
        assert_eq!(last_four("xxxx123"), None);
    }

    /// The longest run of digits, with single blanks and dashes between them.
    fn longest_run(text: &str) -> usize {
        let (mut longest, mut run, mut gap) = (0, 0, false);
        for char in text.chars() {
            match char {
                '0'..='9' => {
                    run += 1;
                    gap = false;
                    longest = longest.max(run);
                }
                ' ' | '-' if run > 0 && !gap => gap = true,
                _ => (run, gap) = (0, false),
            }
        }
        longest
    }

    proptest! {
        #[test]
        fn what_is_masked_has_no_run_of_thirteen_digits(text in "([0-9]{1,20}[ \\-a\u{a0}]{0,5}){0,8}") {
            prop_assert!(longest_run(&mask(&text)) < 13);
            prop_assert!(longest_run(&clean(&text, 1000)) < 13);
        }

        #[test]
        fn masking_twice_changes_nothing_more(text in "\\PC{0,80}") {
            prop_assert_eq!(mask(&mask(&text)), mask(&text));
        }

        #[test]
        fn what_has_no_digits_is_not_touched(text in "[^0-9]{0,40}") {
            prop_assert_eq!(mask(&text), text);
        }
    }
}
