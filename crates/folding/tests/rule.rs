//! The rule, by the vectors that the browser must satisfy as well (`end2end/tests/search.spec.ts`), and properties of
//! every text.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use folding::fold;
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Vector {
    text: String,
    query: String,
    found: bool,
}

#[test]
fn a_query_finds_what_reads_the_same() {
    let vectors: Vec<Vector> = serde_json::from_str(include_str!("vectors.json")).unwrap();
    for Vector { text, query, found } in vectors {
        let (folded, wanted) = (fold(&text), fold(&query));
        assert_eq!(folded.contains(&wanted), found, "{query} in {text}: {wanted:?} in {folded:?}");
    }
}

/// Every character of the planes with letters, and of the plane with tags and variation selectors.
fn characters() -> impl Iterator<Item = char> {
    (0..=0x0003_ffff).chain(0x000e_0000..=0x000e_0fff).filter_map(char::from_u32)
}

#[test]
fn folding_twice_changes_no_character_more() {
    for char in characters() {
        // Between letters, so that the character is not at an end.
        let once = fold(&format!("a{char}b"));
        assert_eq!(fold(&once), once, "U+{:04X}", u32::from(char));
    }
}

#[test]
fn every_letter_is_found_in_upper_and_in_lower_case() {
    for char in characters().filter(|char| char.is_alphabetic()) {
        let cases = [char.to_uppercase().to_string(), char.to_lowercase().to_string()];
        for case in cases {
            assert_eq!(fold(&case), fold(&char.to_string()), "U+{:04X}", u32::from(char));
        }
    }
}

proptest! {
    #[test]
    fn folding_any_text_twice_changes_nothing_more(text in any::<String>()) {
        let once = fold(&text);
        prop_assert_eq!(&fold(&once), &once);
        prop_assert!(!once.starts_with(' ') && !once.ends_with(' ') && !once.contains("  "));
    }

    #[test]
    fn a_text_is_found_in_any_case(text in "\\PC{0,40}") {
        prop_assert_eq!(fold(&text.to_uppercase()), fold(&text));
        prop_assert_eq!(fold(&text.to_lowercase()), fold(&text));
    }
}
