//! Names and words without case and punctuation.
//!
//! Owns that one form. Must not know any name.

use std::borrow::Cow;

/// A name or a word without case and punctuation: `credit_debit_indicator` and `CreditDebitIndicator` are one.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) {
        return Cow::Borrowed(text);
    }
    if text.is_ascii() {
        let kept = text.bytes().filter(u8::is_ascii_alphanumeric);
        return Cow::Owned(kept.map(|byte| char::from(byte.to_ascii_lowercase())).collect());
    }
    Cow::Owned(text.chars().filter(|char| char.is_alphanumeric()).flat_map(char::to_lowercase).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_short_ways_lead_to_the_same(text in "[a-zA-Z0-9_ /é\u{130}-]{0,12}") {
            let long: String = text.chars().filter(|char| char.is_alphanumeric()).flat_map(char::to_lowercase).collect();
            prop_assert_eq!(plain(&text), long);
        }
    }
}
