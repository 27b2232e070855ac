//! Unicode's tables on the server: a library's normal forms, the standard library's case mappings.
//!
//! Owns no part of the rule. Must do what `browser.rs` does.

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};

/// NFKC, case folded, then NFKD.
pub(crate) fn decomposed(text: &str) -> String {
    let text = ComposingNormalizerBorrowed::new_nfkc().normalize(text);
    let text = text.to_lowercase().to_uppercase().to_lowercase();
    DecomposingNormalizerBorrowed::new_nfkd().normalize(&text).into_owned()
}

/// NFC.
pub(crate) fn composed(text: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc().normalize(text).into_owned()
}
