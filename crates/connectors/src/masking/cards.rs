//! Card numbers in a text.
//!
//! Owns which runs of digits are a card number, and its visible part. Must not hide other long numbers: a card number
//! has 13 to 19 digits, the last of which is a check digit (ISO/IEC 7812-1).
//!
//! A text is a row of groups of digits with gaps between them. Every sequence of whole groups is checked, so that a
//! card number next to a date or a reference is found, and a string of 20 or more digits is not a card number.

use std::collections::VecDeque;

use super::digits::{digit, passes_luhn};
use super::group::{Gap, Group};
use super::invisible::is_transparent;
use super::spared;

/// How many digits a card's number has.
const FEWEST: usize = 13;
const MOST: usize = 19;
/// How many of them are shown.
const SHOWN: usize = 4;
/// Stands for the hidden digits.
const HIDDEN: &str = "•••• ";
/// How many separators may be between two groups of one number. Any number of spaces counts as one.
const MAX_GAP: usize = 3;
/// How the digits of a card are printed. Only in these layouts may characters other than blanks, dashes and dots
/// separate them: references contain slashes and commas.
const PRINTED: [&[usize]; 4] = [&[4, 4, 4, 4], &[4, 4, 4, 4, 3], &[4, 6, 5], &[4, 6, 4]];

/// Whether a text may have as many digits as a card number, in any script.
pub(super) fn has_enough_digits(text: &str) -> bool {
    text.chars().filter(|char| char.is_ascii_digit() || !char.is_ascii()).nth(FEWEST - 1).is_some()
}

/// Shows only the last four digits of every card number: `•••• 1234`.
pub(crate) fn mask(text: &str) -> String {
    if !has_enough_digits(text) {
        return text.to_owned();
    }
    let chars: Vec<char> = text.chars().collect();
    let (mut groups, tail) = groups(&chars);
    if groups.iter().map(|group| group.digits.len()).sum::<usize>() < FEWEST {
        return text.to_owned();
    }
    spared::mark(&chars, &mut groups);
    let mut masked = String::with_capacity(text.len());
    let mut rest = VecDeque::from(groups);
    while let Some(count) = rest.front().map(|_| groups_of_number(&rest)) {
        if count > 0 {
            // The visible part is checked again: another card number may begin there.
            let shown = hidden(rest.drain(..count));
            shown.into_iter().rev().for_each(|group| rest.push_front(group));
        } else if let Some(group) = rest.pop_front() {
            masked.push_str(&group.lead);
            masked.push_str(&group.text);
        }
    }
    masked.push_str(&tail);
    masked
}

/// The visible part of a number: its last digits, unchanged, possibly of several scripts.
fn hidden(number: impl Iterator<Item = Group>) -> Vec<Group> {
    let (mut lead, mut chars) = (None, Vec::new());
    for group in number {
        lead.get_or_insert(group.lead);
        chars.extend(group.text.chars());
    }
    let (mut shown, _) = groups(chars.get(chars.len().saturating_sub(SHOWN)..).unwrap_or_default());
    if let Some(first) = shown.first_mut() {
        first.lead = lead.unwrap_or_default() + HIDDEN;
        first.gap = Gap::Text;
    }
    shown
}

/// How many groups make up the longest card number that begins at the first group; 0 if none does.
fn groups_of_number(groups: &VecDeque<Group>) -> usize {
    let (mut digits, mut lengths): (Vec<u32>, Vec<usize>) = (Vec::new(), Vec::new());
    let (mut longest, mut is_unusual) = (0, false);
    for (index, group) in groups.iter().enumerate() {
        let is_apart = index > 0 && group.gap == Gap::Text;
        if is_apart || group.is_spared || digits.len() + group.digits.len() > MOST {
            break;
        }
        is_unusual |= index > 0 && group.gap == Gap::Unusual;
        digits.extend(&group.digits);
        lengths.push(group.digits.len());
        let is_separated_well = !is_unusual || PRINTED.contains(&lengths.as_slice());
        if digits.len() >= FEWEST && is_separated_well && passes_luhn(&digits) {
            longest = index + 1;
        }
    }
    longest
}

/// The groups of a text, and the rest after the last one.
fn groups(chars: &[char]) -> (Vec<Group>, String) {
    let mut groups: Vec<Group> = Vec::new();
    let mut between = String::new();
    // The zero of the last digit's script.
    let mut zero = None;
    for (index, char) in chars.iter().enumerate() {
        let value = digit(*char);
        let goes_on = between.is_empty() && zero.is_some() && zero == value.and_then(|value| zero_of(*char, value));
        zero = value.and_then(|value| zero_of(*char, value));
        match (value, groups.last_mut()) {
            (Some(value), Some(group)) if goes_on => {
                group.text.push(*char);
                group.digits.push(value);
            }
            (Some(value), _) => {
                let gap = gap(&between);
                let lead = std::mem::take(&mut between);
                let (text, digits) = (char.to_string(), vec![value]);
                groups.push(Group { start: index, lead, gap, text, digits, is_spared: false });
            }
            (None, _) => between.push(*char),
        }
    }
    (groups, between)
}

fn zero_of(char: char, value: u32) -> Option<u32> {
    u32::from(char).checked_sub(value)
}

fn gap(between: &str) -> Gap {
    let (mut separators, mut gap, mut in_blanks) = (0, Gap::Usual, false);
    for char in between.chars().filter(|char| !is_transparent(*char)) {
        let is_blank = char.is_whitespace();
        if is_blank && in_blanks {
            continue;
        }
        in_blanks = is_blank;
        separators += 1;
        if separators > MAX_GAP {
            return Gap::Text;
        }
        match char {
            _ if is_blank => {}
            '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' => {}
            '.' | '\u{b7}' | '\u{2024}' | '\u{fe52}' | '\u{ff0e}' => {}
            '\u{ff0f}' | '\u{2044}' | '\u{2215}' => gap = Gap::Unusual,
            _ if char.is_ascii_punctuation() => gap = Gap::Unusual,
            _ => return Gap::Text,
        }
    }
    gap
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn card_numbers_show_their_last_four_digits() {
        for (text, shown) in [
            ("VISA 4111111111111111 SYDNEY", "VISA •••• 1111 SYDNEY"),
            ("4111 1111 1111 1111", "•••• 1111"),
            ("4111-1111-1111-1111.", "•••• 1111."),
            ("4111.1111.1111.1111", "•••• 1111"),
            ("4111/1111/1111/1111", "•••• 1111"),
            ("4111_1111_1111_1111", "•••• 1111"),
            ("4111 - 1111 - 1111 - 1111", "•••• 1111"),
            ("4111\n1111\t\t1111   1111", "•••• 1111"),
            ("41 11 11 11 11 11 11 11", "•••• 1111"),
            ("card3782 822463 10005x", "card•••• 0005x"),
            ("4222222222222", "•••• 2222"),
            ("6304000000000000000", "•••• 0000"),
            ("４１１１　１１１１　１１１１　１１１１", "•••• １１１１"),
            ("٤١١١١١١١١١١١١١١١", "•••• ١١١١"),
            ("۴۱۱۱ ۱۱۱۱ ۱۱۱۱ ۱۱۱۱", "•••• ۱۱۱۱"),
            ("4111١١١١1111११११", "•••• ११११"),
            ("⁴¹¹¹¹¹¹¹¹¹¹¹¹¹¹¹", "•••• ¹¹¹¹"),
            ("4111\u{200d}1111\u{ad}1111\u{202e}1111", "•••• 1111"),
            ("4\u{fe0f}\u{20e3}1\u{fe0f}\u{20e3}1\u{fe0f}\u{20e3}1\u{fe0f}\u{20e3}111111111111", "•••• 1111"),
        ] {
            assert_eq!(mask(text), shown, "{text}");
        }
    }

    #[test]
    fn a_card_number_is_found_beside_other_numbers() {
        for (text, shown) in [
            ("EFTPOS 4111111111111111 2026-11-20", "EFTPOS •••• 1111 2026-11-20"),
            ("20/11/2026 4111 1111 1111 1111", "20/11/2026 •••• 1111"),
            ("12 4111 1111 1111 1111", "12 •••• 1111"),
            ("4111111111111111 378282246310005", "•••• 1111 •••• 0005"),
            ("4111111111111111/12", "•••• 1111/12"),
            ("4111111111111111² 4111111111111111\u{200d}5", "•••• 1111² •••• 1111\u{200d}5"),
            ("20261120 4111111111111111", "20261120 •••• 1111"),
            ("12345678901234567890 4111111111111111", "12345678901234567890 •••• 1111"),
        ] {
            assert_eq!(mask(text), shown, "{text}");
        }
    }

    #[test]
    fn what_fails_the_check_digit_or_has_another_length_stays() {
        for text in [
            "Invoice 123456789012",
            "0412 345 678",
            "4111111111111112",
            "4111 1111 1111 1112",
            "41111111111111111111",
            "REF 74537604221222132800014",
            "12.34 5678",
            "4111 and 1111 and 1111 and 1111",
            "123456/7890123/4",
            "411111111/1111111",
        ] {
            assert_eq!(mask(text), text);
        }
    }

    #[test]
    fn what_is_shown_of_one_number_is_not_left_as_the_beginning_of_another() {
        // 1111 of the card and the digits after it pass the check as well.
        let text = "4111111111111111 0000 0000 0000 4";
        assert!(!passes_luhn(&[1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]));
        let once = mask(text);
        assert_eq!(mask(&once), once);
    }

    /// Whether any run of 13 to 19 digits made of whole groups passes Luhn; independent of the code above.
    fn shows_card_number(text: &str) -> bool {
        let bytes = text.replace('\u{a0}', " ").into_bytes();
        let mut starts: Vec<usize> = (0..bytes.len()).collect();
        starts.retain(|at| bytes[*at].is_ascii_digit() && (*at == 0 || !bytes[at - 1].is_ascii_digit()));
        starts.into_iter().any(|start| {
            let (mut digits, mut gap, mut at) = (Vec::new(), 0, start);
            while let Some(byte) = bytes.get(at) {
                match byte {
                    b'0'..=b'9' => (digits.push(u32::from(byte - b'0')), gap = 0).0,
                    b' ' if bytes[at - 1] == b' ' => {}
                    b' ' | b'-' | b'.' if gap < 3 => gap += 1,
                    _ => break,
                }
                at += 1;
                let is_end = bytes.get(at).is_none_or(|next| !next.is_ascii_digit());
                if gap == 0 && is_end && (13..=19).contains(&digits.len()) && passes_luhn(&digits) {
                    return true;
                }
            }
            false
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn no_card_number_is_left(text in "([3-9][0-9]{0,19}[ \\-.a\u{a0}]{0,5}){0,8}") {
            prop_assert!(!shows_card_number(&mask(&text)), "{}", mask(&text));
        }

        #[test]
        fn masking_twice_changes_nothing_more(text in "([0-9٠-٣²]{1,19}[ \\-./a•]{0,3}){0,10}|\\PC{0,80}") {
            prop_assert_eq!(mask(&mask(&text)), mask(&text));
        }

        #[test]
        fn what_has_no_digits_is_not_touched(text in "[^\\p{N}]{0,40}") {
            prop_assert_eq!(mask(&text), text);
        }

        #[test]
        fn a_card_number_is_hidden_however_it_is_grouped(
            // Without the small digits that dates have.
            digits in "[3-9]{12,18}",
            gaps in proptest::collection::vec("[ \\-.]{0,3}", 19),
        ) {
            let mut number: Vec<u32> = digits.chars().filter_map(digit).collect();
            number.push(0);
            let check = (0..10).find(|check| {
                *number.last_mut().unwrap() = *check;
                passes_luhn(&number)
            });
            let all = digits.chars().chain(check.and_then(|check| char::from_digit(check, 10)));
            let written: String = all.zip(&gaps).map(|(digit, gap)| format!("{digit}{gap}")).collect();
            prop_assert!(mask(&written).contains('•'), "{written} is shown as {}", mask(&written));
        }
    }
}
