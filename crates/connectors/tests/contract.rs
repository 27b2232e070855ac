//! The requirements on every connector, tested for every connector of the registry with each of its fixtures.
//!
//! A fixture is `tests/fixtures/<connector>/<name>.json`, the body as sent; `<name>.expected.json` next to it gives its
//! meaning. `TALLYWIRE_WRITE_EXPECTED=1` rewrites the latter, to be reviewed before it is committed.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use common::senders::{Published, signed};
use common::shown::shown;
use common::{NOW, SECRET, at, delivery, provider_of, registry, stored};
use connectors::{Meaning, NoKeys, Provider, RawDelivery, VerifiedDelivery, VerifyError};
use proptest::prelude::*;
use serde_json::{Value, json};

const OTHER_SECRET: &str = "whsec_YW5vdGhlci1rZXktdGhhdC1pcy1ub3QtYS1zZWNyZXQh";

fn all() -> Vec<Arc<dyn Provider>> {
    registry(&[SECRET]).iter().cloned().collect()
}

/// The bodies of a connector's fixtures, with the file of each one's expected meaning.
fn fixtures(connector: &dyn Provider) -> Vec<(Vec<u8>, PathBuf)> {
    let provider = provider_of(connector.description().id);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(provider);
    let entries =
        std::fs::read_dir(&folder).unwrap_or_else(|_| panic!("{} has no fixtures", connector.description().id));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| !file.to_string_lossy().ends_with(".expected.json"));
    files.retain(|file| is_declared_for(connector.description().id, &file.file_stem().unwrap().to_string_lossy()));
    files.sort();
    assert!(!files.is_empty(), "{} has no fixtures", connector.description().id);
    files.into_iter().map(|file| (std::fs::read(&file).unwrap(), file.with_extension("expected.json"))).collect()
}

/// Whether a connector is meant to read a fixture. A file cannot declare that an id is part of an address, nor how to
/// fetch from a provider; Stripe's describes its cards.
fn is_declared_for(connector: &str, fixture: &str) -> bool {
    match connector {
        "declared-basiq" => !fixture.ends_with("-notification") && !fixture.ends_with("-foreign-link"),
        "declared-stripe" => fixture.starts_with("issuing-"),
        _ => true,
    }
}

/// A delivery as a connector's provider sends it.
fn sent(connector: &dyn Provider, id: &str, body: &[u8], second: i64) -> RawDelivery {
    signed(connector, SECRET, id, body, second)
}

/// Verifies with the keys that the provider publishes, or that were registered.
fn verify(connector: &dyn Provider, delivery: RawDelivery, second: i64) -> Result<VerifiedDelivery, VerifyError> {
    connector.verify(delivery, &Published(&[SECRET]), at(second))
}

fn meaning(connector: &dyn Provider, body: &[u8]) -> Result<Meaning, connectors::Malformed> {
    connector.understand(stored(body).authentic())
}

/// How far the time that the connector's signature covers may be from now; `None` if it covers none.
fn tolerance(connector: &dyn Provider) -> Option<i64> {
    match provider_of(connector.description().id) {
        "basiq" | "plaid" | "stripe" => Some(300),
        "teller" => Some(180),
        _ => None,
    }
}

/// For how many seconds a re-signed attempt is recognised as the same delivery. Plaid and Akahu give events no id, and
/// the next event may have the same bytes: mistaking it for a known one would lose it. At Plaid the signature tells
/// them apart.
fn known_for(connector: &dyn Provider) -> Option<i64> {
    match connector.description().id {
        "plaid" => None,
        "akahu" => Some(60),
        _ => Some(5000),
    }
}

#[test]
fn what_its_provider_signs_verifies_and_keeps_its_bytes() {
    for connector in all() {
        for (body, file) in fixtures(&*connector) {
            let verified = verify(&*connector, sent(&*connector, "m1", &body, NOW), NOW);
            assert_eq!(verified.unwrap_or_else(|error| panic!("{}: {error}", file.display())).body(), body);
        }
    }
}

#[test]
fn a_changed_body_is_refused() {
    for connector in all() {
        for (body, file) in fixtures(&*connector) {
            let sent = sent(&*connector, "m1", &body, NOW);
            for position in (0..body.len()).step_by(1 + body.len() / 97) {
                let mut changed = sent.clone();
                changed.body[position] ^= 1;
                assert!(verify(&*connector, changed, NOW).is_err(), "{} at {position}", file.display());
            }
        }
    }
}

#[test]
fn a_missing_signature_is_refused() {
    for connector in all() {
        let refused = verify(&*connector, delivery(&[], b"{}"), NOW).unwrap_err();
        assert!(matches!(refused, VerifyError::Missing(_)), "{}: {refused}", connector.description().id);
    }
}

#[test]
fn a_signed_time_too_far_away_is_refused() {
    for connector in all() {
        let (body, _) = fixtures(&*connector).remove(0);
        let sent = sent(&*connector, "m1", &body, NOW);
        let tolerance = tolerance(&*connector);
        for away in [-100_000, -301, -300, -181, -180, 0, 180, 181, 300, 301, 100_000] {
            let verified = verify(&*connector, sent.clone(), NOW + away);
            let fresh = tolerance.is_none_or(|seconds| away.abs() <= seconds);
            assert_eq!(verified.is_ok(), fresh, "{} after {away} s", connector.description().id);
            assert!(fresh || verified.unwrap_err() == VerifyError::Stale, "{}", connector.description().id);
        }
    }
}

#[test]
fn a_wrong_secret_is_refused_and_each_rotated_one_is_taken() {
    for connector in all() {
        let id = connector.description().id;
        let pick = |secrets: &[&str]| registry(secrets).get(id).unwrap().clone();
        let (old, new, both) = (pick(&[SECRET]), pick(&[OTHER_SECRET]), pick(&[OTHER_SECRET, SECRET]));
        let all_keys = Published(&[OTHER_SECRET, SECRET]);
        for (body, _) in fixtures(&*connector) {
            let from_old = signed(&*old, SECRET, "m", &body, NOW);
            let from_new = signed(&*new, OTHER_SECRET, "m", &body, NOW);
            match new.verify(from_old.clone(), &Published(&[OTHER_SECRET]), at(NOW)).unwrap_err() {
                VerifyError::Mismatch => {}
                VerifyError::KeyUnavailable(key) => assert!(new.key_request(&key).is_some(), "{id}"),
                other => panic!("{id}: {other}"),
            }
            assert!(both.verify(from_new, &all_keys, at(NOW)).is_ok(), "{id}");
            // Akahu replaces its key at once.
            assert_eq!(both.verify(from_old, &all_keys, at(NOW)).is_ok(), id != "akahu", "{id}");
        }
    }
}

#[test]
fn another_connectors_signature_is_refused() {
    for connector in all() {
        let provider = |connector: &dyn Provider| provider_of(connector.description().id).to_owned();
        for other in all().into_iter().filter(|other| provider(&**other) != provider(&*connector)) {
            let (body, _) = fixtures(&*connector).remove(0);
            let refused = verify(&*connector, sent(&*other, "m", &body, NOW), NOW);
            assert!(refused.is_err(), "{} at {}", other.description().id, connector.description().id);
        }
    }
}

#[test]
fn without_a_secret_nothing_verifies_and_nothing_is_signed() {
    for secrets in [&[][..], &[""], &["", "  "]] {
        for connector in registry(secrets).iter() {
            let id = connector.description().id;
            assert_eq!(connector.sign("m", b"{}", at(NOW)), None);
            let (body, _) = fixtures(&**connector).remove(0);
            let refused = connector.verify(sent(&*all_of(id), "m", &body, NOW), &NoKeys, at(NOW)).unwrap_err();
            if connector.key_credential().is_some() {
                // Its secrets come with the connections.
                assert!(connector.is_configured() && matches!(refused, VerifyError::KeyUnavailable(_)), "{id}");
            } else {
                assert!(!connector.is_configured(), "{id}");
                assert_eq!(refused, VerifyError::NotConfigured, "{id}");
            }
        }
    }
}

/// The connector with this id, configured.
fn all_of(id: &str) -> Arc<dyn Provider> {
    registry(&[SECRET]).get(id).unwrap().clone()
}

#[test]
fn a_second_attempt_has_the_same_key_and_another_delivery_has_not() {
    for connector in all() {
        let id = connector.description().id;
        let key_of = |delivery, second| verify(&*connector, delivery, second).unwrap().key().to_owned();
        let key = |message: &str, body: &[u8], second| key_of(sent(&*connector, message, body, second), second);
        let [(one, _), (two, _)] = &fixtures(&*connector)[..2] else { panic!("{id} has one fixture only") };
        let first = sent(&*connector, "m1", one, NOW);
        assert_eq!(key_of(first.clone(), NOW), key_of(first, NOW), "{id}");
        if let Some(seconds) = known_for(&*connector) {
            assert_eq!(key("m1", one, NOW), key("m1", one, NOW + seconds), "{id}");
        }
        assert_ne!(key("m1", one, NOW), key("m2", two, NOW), "{id}");
    }
}

#[test]
fn a_key_that_its_provider_has_to_publish_is_asked_for_and_nothing_else_is() {
    for connector in all() {
        let id = connector.description().id;
        let (body, _) = fixtures(&*connector).remove(0);
        let refused = connector.verify(sent(&*connector, "m", &body, NOW), &NoKeys, at(NOW)).err();
        let key = match refused {
            Some(VerifyError::KeyUnavailable(key)) => key,
            None => continue,
            Some(other) => panic!("{id}: {other}"),
        };
        assert_eq!(key.provider, id);
        // The key is published, or comes with the connection.
        assert!(connector.key_request(&key).is_some() != connector.key_credential().is_some(), "{id}");
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

/// Puts every hostile value in place of every value of a fixture.
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
        names in proptest::collection::vec("(webhook|svix)-(id|timestamp|signature)|x-(basiq|apideck|xero|akahu|up-authenticity)-signature|(stripe|teller|tl)-signature|x-akahu-signing-key|x-signature-sha256|plaid-verification", 0..4),
        value in "\\PC{0,80}|[0-9]{1,10}|v1,[A-Za-z0-9+/]{43}=|sha256=[0-9a-f]{64}|[0-9a-f]{64}|t=[0-9]{10},v1=[0-9a-f]{64}|(e[yw0-9A-Za-z_-]{0,40}\\.){0,3}[0-9A-Za-z_-]{0,80}",
    ) {
        for connector in all() {
            let headers: Vec<_> = names.iter().map(|name| (name.as_str(), value.as_str())).collect();
            let _ = verify(&*connector, delivery(&headers, &body), NOW);
            let _ = meaning(&*connector, &body);
        }
    }

    #[test]
    fn no_json_like_text_makes_a_connector_panic(
        body in "(\\{|\\}|\\[|\\]|:|,|\"event\"|\"data\"|\"transaction\"|\"amount\"|\"id\"|\"\\\\u[d-e][0-9a-f]{3}\"|-?[0-9]{1,3}(e[0-9]{1,3})?|null|\"transaction.created\"){0,40}",
    ) {
        for connector in all() {
            let _ = meaning(&*connector, body.as_bytes());
            let _ = verify(&*connector, sent(&*connector, "m", body.as_bytes(), NOW), NOW);
        }
    }
}
