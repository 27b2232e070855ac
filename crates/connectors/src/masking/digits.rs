//! Digits in every script.
//!
//! Owns the digit that a character represents, and the check digit of card numbers. Must not know where a number begins
//! and ends.

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::props::GeneralCategory;
use icu_properties::{CodePointMapData, CodePointMapDataBorrowed};

const CATEGORY: CodePointMapDataBorrowed<'static, GeneralCategory> = CodePointMapData::<GeneralCategory>::new();

/// The digit that a character represents: a decimal digit of any script (category Nd), or a compatible form of one
/// (full-width, superscript, in a circle).
pub(super) fn digit(char: char) -> Option<u32> {
    if char.is_ascii() {
        return char.to_digit(10);
    }
    if CATEGORY.get(char) == GeneralCategory::DecimalNumber {
        return decimal(char);
    }
    let mut utf8 = [0; 4];
    let text: &str = char.encode_utf8(&mut utf8);
    let form = ComposingNormalizerBorrowed::new_nfkc().normalize(text);
    let mut chars = form.chars();
    let first = chars.next().and_then(|first| first.to_digit(10));
    first.filter(|_| chars.next().is_none())
}

/// The value of a decimal digit. Decimal digits come in ascending runs of ten (Unicode Standard, section 4.6). Several
/// runs can follow one another, as the mathematical ones do.
fn decimal(char: char) -> Option<u32> {
    let is_decimal =
        |code: &u32| char::from_u32(*code).is_some_and(|char| CATEGORY.get(char) == GeneralCategory::DecimalNumber);
    let code = u32::from(char);
    let before = (1..=code).map(|back| code - back).take_while(is_decimal).count();
    u32::try_from(before).ok().map(|before| before % 10)
}

/// Whether the last digit is the check digit of the others (ISO/IEC 7812-1, annex B: Luhn).
pub(super) fn passes_luhn(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit * 2) {
            (0, _) => *digit,
            (_, doubled) if doubled > 9 => doubled - 9,
            (_, doubled) => doubled,
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_every_script_have_their_value() {
        for (text, value) in [
            ("0", Some(0)),
            ("９", Some(9)),
            ("٣", Some(3)),
            ("۷", Some(7)),
            ("४", Some(4)),
            ("𝟗", Some(9)),
            ("𝟘", Some(0)),
            ("𝟿", Some(9)),
            ("²", Some(2)),
            ("①", Some(1)),
            ("½", None),
            ("Ⅳ", None),
            ("⑩", None),
            ("a", None),
            ("五", None),
        ] {
            assert_eq!(digit(text.chars().next().unwrap()), value, "{text}");
        }
    }

    #[test]
    fn the_check_digit_tells_a_card_number_from_another() {
        let passes = |text: &str| passes_luhn(&text.chars().filter_map(digit).collect::<Vec<_>>());
        for number in ["4111111111111111", "378282246310005", "30569309025904", "6304000000000000", "4222222222222"] {
            assert!(passes(number), "{number}");
        }
        for number in ["4111111111111112", "378282246310006", "1234567890123456"] {
            assert!(!passes(number), "{number}");
        }
    }
}
