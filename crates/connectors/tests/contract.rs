//! What every connector has to do, tried on every connector of the registry with every one of its fixtures.
//!
//! A fixture is `tests/fixtures/<connector>/<name>.json`, the body as it is sent; beside it
//! `<name>.expected.json` says what it means. `TALLYWIRE_WRITE_EXPECTED=1` writes the latter anew, to be read
//! before it is kept.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use common::shown::shown;
use common::{NOW, SECRET, at, delivery, registry, signed_delivery, stored};
use connectors::{Meaning, NoKeys, Provider, RawDelivery, VerifyError};
use proptest::prelude::*;
use serde_json::{Value, json};

const OTHER_SECRET: &str = "whsec_YW5vdGhlci1rZXktdGhhdC1pcy1ub3QtYS1zZWNyZXQh";

fn all() -> Vec<Arc<dyn Provider>> {
    registry(&[SECRET]).iter().cloned().collect()
}

/// The bodies of a connector's fixtures, with the file of what each should mean.
fn fixtures(connector: &dyn Provider) -> Vec<(Vec<u8>, PathBuf)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(connector.description().id);
    let entries =
        std::fs::read_dir(&folder).unwrap_or_else(|_| panic!("{} has no fixtures", connector.description().id));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| !file.to_string_lossy().ends_with(".expected.json"));
    files.sort();
    assert!(!files.is_empty(), "{} has no fixtures", connector.description().id);
    files.into_iter().map(|file| (std::fs::read(&file).unwrap(), file.with_extension("expected.json"))).collect()
}

fn signed(connector: &dyn Provider, id: &str, body: &[u8], second: i64) -> RawDelivery {
    let headers = connector.sign(id, body, at(second)).expect("a configured connector signs");
    signed_delivery(headers.into_iter().collect(), body)
}

fn meaning(connector: &dyn Provider, body: &[u8]) -> Result<Meaning, connectors::Malformed> {
    connector.understand(stored(body).authentic())
}

/// Whether the connector's signature covers the time.
fn signs_time(connector: &dyn Provider) -> bool {
    connector.sign("m", b"{}", at(NOW)) != connector.sign("m", b"{}", at(NOW + 10))
}

#[test]
fn what_it_signs_verifies_and_keeps_its_bytes() {
    for connector in all() {
        for (body, _) in fixtures(&*connector) {
            let verified = connector.verify(signed(&*connector, "m1", &body, NOW), &NoKeys, at(NOW)).unwrap();
            assert_eq!(verified.body(), body);
        }
    }
}

#[test]
fn a_changed_body_is_refused() {
    for connector in all() {
        for (body, file) in fixtures(&*connector) {
            let sent = signed(&*connector, "m1", &body, NOW);
            for position in (0..body.len()).step_by(1 + body.len() / 97) {
                let mut changed = sent.clone();
                changed.body[position] ^= 1;
                assert!(connector.verify(changed, &NoKeys, at(NOW)).is_err(), "{} at {position}", file.display());
            }
        }
    }
}

#[test]
fn a_missing_signature_is_refused() {
    for connector in all() {
        let refused = connector.verify(delivery(&[], b"{}"), &NoKeys, at(NOW)).unwrap_err();
        assert!(matches!(refused, VerifyError::Missing(_)), "{}: {refused}", connector.description().id);
    }
}

#[test]
fn a_signed_time_too_far_away_is_refused() {
    for connector in all().into_iter().filter(|connector| signs_time(&**connector)) {
        let sent = signed(&*connector, "m1", b"{}", NOW);
        for (second, fresh) in [(NOW - 301, false), (NOW - 300, true), (NOW + 300, true), (NOW + 301, false)] {
            let verified = connector.verify(sent.clone(), &NoKeys, at(second));
            assert_eq!(verified.is_ok(), fresh, "{} at {second}", connector.description().id);
        }
    }
}

#[test]
fn a_wrong_secret_is_refused_and_each_rotated_one_is_taken() {
    for connector in all() {
        let id = connector.description().id;
        let pick = |secrets: &[&str]| registry(secrets).get(id).unwrap().clone();
        let (old, new, both) = (pick(&[SECRET]), pick(&[OTHER_SECRET]), pick(&[OTHER_SECRET, SECRET]));
        for (body, _) in fixtures(&*connector) {
            assert_eq!(
                new.verify(signed(&*old, "m", &body, NOW), &NoKeys, at(NOW)).unwrap_err(),
                VerifyError::Mismatch,
                "{id}"
            );
            assert!(both.verify(signed(&*old, "m", &body, NOW), &NoKeys, at(NOW)).is_ok(), "{id}");
            assert!(both.verify(signed(&*new, "m", &body, NOW), &NoKeys, at(NOW)).is_ok(), "{id}");
        }
    }
}

#[test]
fn another_connectors_signature_is_refused() {
    for connector in all() {
        for other in all().into_iter().filter(|other| other.description().id != connector.description().id) {
            let sent = signed(&*other, "m", b"{}", NOW);
            assert!(
                connector.verify(sent, &NoKeys, at(NOW)).is_err(),
                "{} at {}",
                other.description().id,
                connector.description().id
            );
        }
    }
}

#[test]
fn without_a_secret_nothing_verifies_and_nothing_is_signed() {
    for secrets in [&[][..], &[""], &["", "  "]] {
        for connector in registry(secrets).iter() {
            assert!(!connector.is_configured());
            assert_eq!(connector.sign("m", b"{}", at(NOW)), None);
            let refused = connector.verify(delivery(&[], b"{}"), &NoKeys, at(NOW)).unwrap_err();
            assert_eq!(refused, VerifyError::NotConfigured, "{}", connector.description().id);
        }
    }
}

#[test]
fn a_second_attempt_has_the_same_key_and_another_delivery_has_not() {
    for connector in all() {
        let key = |id: &str, body: &[u8], second| {
            connector.verify(signed(&*connector, id, body, second), &NoKeys, at(second)).unwrap().key().to_owned()
        };
        assert_eq!(key("m1", br#"{"a":1}"#, NOW), key("m1", br#"{"a":1}"#, NOW + 5000));
        assert_ne!(key("m1", br#"{"a":1}"#, NOW), key("m2", br#"{"a":2}"#, NOW));
    }
}

#[test]
fn each_fixture_means_what_is_written_beside_it() {
    for connector in all() {
        for (body, expected) in fixtures(&*connector) {
            let means = shown(&meaning(&*connector, &body).expect("a fixture is the provider's envelope"));
            if std::env::var_os("TALLYWIRE_WRITE_EXPECTED").is_some() {
                std::fs::write(&expected, serde_json::to_string_pretty(&means).unwrap() + "\n").unwrap();
            }
            let text =
                std::fs::read_to_string(&expected).unwrap_or_else(|_| panic!("{} is missing", expected.display()));
            let wanted: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(means, wanted, "{}", expected.display());
        }
    }
}

#[test]
fn what_is_no_object_of_json_is_malformed() {
    let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
    let deep_member =
        [br#"{"event":"transaction.created","data":"#.to_vec(), vec![b'['; 64], vec![b']'; 64], b"}".to_vec()].concat();
    for connector in all() {
        for body in [
            b"".as_slice(),
            b"hello",
            b"{",
            b"{}{}",
            b"null",
            b"17",
            b"\"text\"",
            b"[]",
            b"[{}]",
            b"\xff\xfe",
            b"{\"a\":\"\xc3\x28\"}",
            &deep,
            &deep_member,
        ] {
            assert!(
                meaning(&*connector, body).is_err(),
                "{}: {:.40}",
                connector.description().id,
                String::from_utf8_lossy(body)
            );
        }
    }
}

#[test]
fn a_fixture_cut_off_anywhere_is_malformed() {
    for connector in all() {
        for (body, file) in fixtures(&*connector) {
            let end = body.trim_ascii_end().len();
            for length in 0..end {
                assert!(meaning(&*connector, &body[..length]).is_err(), "{} to {length}", file.display());
            }
        }
    }
}

#[test]
fn an_object_that_is_not_known_is_kept() {
    for connector in all() {
        for body in [
            r#"{"hello":"world"}"#,
            r#"{"event":5}"#,
            r#"{"event":"moon.landed","data":{}}"#,
            r#"{"event":"transaction.created"}"#,
        ] {
            let means = meaning(&*connector, body.as_bytes()).unwrap();
            assert!(matches!(means, Meaning::NotUnderstood(_)), "{}: {body}", connector.description().id);
        }
    }
}

/// Puts every hostile value in the place of every value of a fixture.
#[test]
fn a_hostile_value_anywhere_is_answered_within_limits() {
    let huge = "9".repeat(5000) + &"ä \u{202e}\n".repeat(1500);
    let hostile = [
        Value::Null,
        json!(true),
        json!(""),
        json!("1e999"),
        json!(1e300),
        json!(-1),
        json!([]),
        json!({}),
        json!([[{}]]),
        json!(huge),
    ];
    for connector in all() {
        for (body, file) in fixtures(&*connector) {
            let fixture: Value = serde_json::from_slice(&body).unwrap();
            for pointer in pointers(&fixture, "") {
                for value in &hostile {
                    let mut changed = fixture.clone();
                    *changed.pointer_mut(&pointer).unwrap() = value.clone();
                    let means = meaning(&*connector, changed.to_string().as_bytes()).unwrap();
                    let longest = longest_text(&shown(&means));
                    assert!(longest <= 2000, "{} {pointer}: {longest}", file.display());
                }
            }
        }
    }
}

#[test]
fn an_absent_value_anywhere_is_answered() {
    for connector in all() {
        for (body, _) in fixtures(&*connector) {
            let fixture: Value = serde_json::from_slice(&body).unwrap();
            for pointer in pointers(&fixture, "") {
                let (parent, name) = pointer.rsplit_once('/').unwrap();
                let mut changed = fixture.clone();
                if let Some(object) = changed.pointer_mut(parent).and_then(Value::as_object_mut) {
                    object.remove(&name.replace("~1", "/").replace("~0", "~"));
                }
                meaning(&*connector, changed.to_string().as_bytes()).unwrap();
            }
        }
    }
}

fn pointers(value: &Value, at: &str) -> Vec<String> {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.replace('~', "~0").replace('/', "~1"), value)).collect()
        }
        Value::Array(elements) => {
            elements.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect()
        }
        _ => vec![],
    };
    children
        .into_iter()
        .flat_map(|(name, child)| {
            let here = format!("{at}/{name}");
            [vec![here.clone()], pointers(child, &here)].concat()
        })
        .collect()
}

fn longest_text(value: &Value) -> usize {
    match value {
        Value::String(text) => text.chars().count(),
        Value::Array(elements) => elements.iter().map(longest_text).max().unwrap_or(0),
        Value::Object(members) => members.values().map(longest_text).max().unwrap_or(0),
        _ => 0,
    }
}

proptest! {
    #[test]
    fn no_bytes_make_a_connector_panic(
        body in proptest::collection::vec(any::<u8>(), 0..200),
        names in proptest::collection::vec("(webhook|svix)-(id|timestamp|signature)|x-(basiq|apideck)-signature", 0..4),
        value in "\\PC{0,80}|[0-9]{10}|v1,[A-Za-z0-9+/]{43}=|sha256=[0-9a-f]{64}|[0-9a-f]{64}",
    ) {
        for connector in all() {
            let headers: Vec<_> = names.iter().map(|name| (name.as_str(), value.as_str())).collect();
            let _ = connector.verify(delivery(&headers, &body), &NoKeys, at(NOW));
            let _ = meaning(&*connector, &body);
        }
    }

    #[test]
    fn no_json_like_text_makes_a_connector_panic(
        body in "(\\{|\\}|\\[|\\]|:|,|\"event\"|\"data\"|\"transaction\"|\"amount\"|\"id\"|\"\\\\u[d-e][0-9a-f]{3}\"|-?[0-9]{1,3}(e[0-9]{1,3})?|null|\"transaction.created\"){0,40}",
    ) {
        for connector in all() {
            let _ = meaning(&*connector, body.as_bytes());
            let sent = signed(&*connector, "m", body.as_bytes(), NOW);
            let _ = connector.verify(sent, &NoKeys, at(NOW));
        }
    }
}
