//! Texts: readable text in every row, no card number, and no loss of characters that make words.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod common;

use common::bodies::{basiq_texts, changes};
use ledger::{Change, Update};
use proptest::prelude::*;

#[test]
fn a_row_has_something_to_read_whatever_is_missing() {
    for (members, description) in [
        (r#""description":12345"#, "12345"),
        (r#""description":"","merchant":42"#, "42"),
        (r#""reference":2026"#, "2026"),
        (r#""class":"bank-fee""#, "Bank fee"),
        (r#""tags":[]"#, "Money out"),
    ] {
        assert_eq!(basiq_texts(members).description, description, "{members}");
    }
}

#[test]
fn numbers_are_taken_as_text_in_every_place_that_shows_one() {
    let new = basiq_texts(
        r#""description":1,"merchant":{"name":2},"reference":3,"location":{"address":4},"category":5,"class":6,"tags":[7,"x"]"#,
    );
    let optional = [&new.merchant, &new.reference, &new.location, &new.category_hint, &new.secondary_type];
    let texts: Vec<_> = optional.into_iter().map(|text| text.as_deref().unwrap()).collect();
    assert_eq!(
        (new.description.as_str(), texts, new.tags),
        ("1", vec!["2", "3", "4", "5", "6"], vec!["7".into(), "x".into()])
    );
}

#[test]
fn dates_and_longer_references_are_shown_as_they_are() {
    for text in [
        "Stmt 2026-10-01 - 2026-10-31",
        "EFTPOS 123456 2026-11-20",
        "RRN 402911234567 ARN 74537604221222132800014",
        "SEPA DE89 3704 0044 0532 0130 00",
        "at 2026-11-20T10:30:00.000Z",
    ] {
        let new = basiq_texts(&format!(r#""description":"{text}","reference":"{text}""#));
        assert_eq!((new.description.as_str(), new.reference.as_deref()), (text, Some(text)));
        assert_eq!(new.original_description, None);
    }
}

const CARDS: [&str; 8] = [
    "4111111111111111",
    "4111 1111 1111 1111",
    "4111.1111.1111.1111",
    "4111-1111-1111-1111",
    "4111/1111/1111/1111",
    "４１１１　１１１１　１１１１　１１１１",
    "٤١١١١١١١١١١١١١١١",
    "4111\u{200d}1111\u{200c}1111\u{2060}1111",
];

#[test]
fn a_card_number_is_hidden_in_every_text_however_it_is_written() {
    for card in CARDS {
        let text = format!("PAN {card}");
        let new = basiq_texts(&format!(
            r#""description":"{text}","merchant":"{text}","reference":"{text}","location":"{text}","class":"{text}","tags":["{text}"],"category":"{text}","metadata":{{"{card}":"{text}"}}"#
        ));
        let texts = [&new.merchant, &new.reference, &new.location, &new.secondary_type, &new.category_hint];
        let all = [Some(&new.description), new.original_description.as_ref(), new.tags.first()].into_iter().flatten();
        let masked = |text: &str| text.contains("•••• ") && text.chars().filter(|char| char.is_numeric()).count() == 4;
        for shown in all.chain(texts.into_iter().flatten()) {
            assert!(masked(shown), "{card} is shown as {shown}");
        }
        let metadata = new.metadata.unwrap().get().to_owned();
        assert!(!metadata.contains("1111 1111") && !metadata.contains(card), "{metadata}");
    }
}

#[test]
fn an_accounts_name_shows_no_card_number() {
    let body = r#"{"event":"account.updated","data":{"connectionId":"c1","account":{"id":"a1","name":"Visa 4111 1111 1111 1111","kind":"4111111111111111"}}}"#;
    let changes = changes("basiq", body).unwrap();
    let [Change { update: Update::Account(account), .. }] = &changes[..] else { panic!("{changes:?}") };
    assert_eq!(account.name.as_deref(), Some("Visa •••• 1111"));
    assert_eq!(account.kind.as_deref(), Some("•••• 1111"));
}

#[test]
fn joiners_stay_in_every_text_and_what_turns_text_around_goes() {
    let (family, persian) = ("👨\u{200d}👩\u{200d}👧", "می\u{200c}خواهم");
    for word in [family, persian, "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}", "❤\u{fe0f}"] {
        let hostile = format!("\u{202e}{word}\u{2066}\u{7}");
        let quoted = serde_json::to_string(&hostile).unwrap();
        let new = basiq_texts(&format!(
            r#""description":{quoted},"merchant":{quoted},"reference":{quoted},"location":{quoted},"tags":[{quoted}],"category":{quoted},"metadata":{{"note":{quoted}}}"#
        ));
        let texts = [&new.merchant, &new.reference, &new.location, &new.category_hint];
        let all = [Some(&new.description), new.tags.first()].into_iter().flatten();
        for shown in all.chain(texts.into_iter().flatten()) {
            assert_eq!(shown, word);
        }
        assert_eq!(new.original_description, None);
        assert_eq!(new.metadata.unwrap().get(), format!(r#"{{"note":"{word}"}}"#));
    }
}

proptest! {
    #[test]
    fn any_text_leaves_something_to_read_and_nothing_that_turns_text_around(text in any::<String>()) {
        let quoted = serde_json::to_string(&text).unwrap();
        let new = basiq_texts(&format!(r#""description":{quoted}"#));
        prop_assert!(!new.description.trim().is_empty());
        let all = [Some(&new.description), new.original_description.as_ref()];
        for shown in all.into_iter().flatten() {
            let hides = |char| matches!(char, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\0'..='\u{8}');
            prop_assert!(!shown.contains(hides), "{}", shown);
        }
    }
}
