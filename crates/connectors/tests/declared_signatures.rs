//! Signatures as files describe them: what is accepted, and what is refused.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod common;

use std::sync::Arc;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use common::senders::{rsa_key, rsa_signature};
use common::{NOW, SECRET, at};
use connectors::{NoKeys, Provider, RawDelivery, Registry, Settings, VerifyError, declarative};

const BODY: &[u8] = br#"{"connection":"c1","transactions":[]}"#;
const OTHER_SECRET: &str = "another-secret-of-the-tests";

/// A connector whose file has these lines in its table `signature`, with values of its setting.
fn with(signature: &str, setting: &str, values: &[&str]) -> Arc<dyn Provider> {
    let text = format!(
        "id = \"acme\"\nname = \"Acme\"\ntype = \"bank\"\ncurrency = \"AUD\"\n[events]\nconnection = \"connection\"\n[transactions]\nitems = \"transactions[]\"\nid = \"id\"\naccount = \"account\"\namount = \"amount\"\nsign = \"negative-is-out\"\n[signature]\n{signature}"
    );
    let read = declarative::read([("acme.toml", &*text)]).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let settings = Settings::default().with(setting, values.iter().copied());
    Registry::new(&settings).and_declared(&read, &settings).get("acme").unwrap().clone()
}

fn secret(signature: &str) -> Arc<dyn Provider> {
    with(signature, "ACME_WEBHOOK_SECRET", &[OTHER_SECRET, SECRET])
}

fn verify(acme: &dyn Provider, headers: &[(&str, &str)], body: &[u8], second: i64) -> Result<String, VerifyError> {
    let sent = RawDelivery::post("/hook?a=b", headers.iter().copied().collect(), body.to_vec());
    Ok(acme.verify(sent, &NoKeys, at(second))?.key().to_owned())
}

/// HMACs from another implementation: Python's `hmac.new(key, content, hash)`, with `SECRET` as the key.
const SHA256: &str = "f89b1484d38639527e0d4ef0720172e649ee57c58a87a8d1b6dd19969baf3264";
const SHA512: &str = "24WY7c4rIpup/VNSCD/G/IkxV+2QydtfSORilJyZwkoC1rreQDWoFGrVW0jCagQMx+M/WBph2uZIuE5BMKnTlw==";
const SHA256_TIMED: &str = "c4f9dfa8611455b9393059c93b9ac56c4f0e256d73a1476c6371a2fe43a1b35d";

#[test]
fn hmacs_of_both_hashes_are_those_of_another_implementation() {
    let hex = secret("scheme = \"hmac-sha256\"\nheader = \"Acme-Signature\"\nencoding = \"hex\"\nprefix = \"sha256=\"");
    let base64 = secret("scheme = \"hmac-sha512\"\nheader = \"Acme-Signature\"\nencoding = \"base64\"");
    let sent = format!("sha256={SHA256}");
    for (acme, sent) in [(&hex, sent.as_str()), (&base64, SHA512)] {
        let verify = |headers: &[(&str, &str)], body: &[u8]| verify(&**acme, headers, body, NOW);
        assert!(verify(&[("Acme-Signature", sent)], BODY).unwrap().starts_with("sha256:"));
        assert_eq!(verify(&[], BODY), Err(VerifyError::Missing("acme-signature".into())));
        assert_eq!(verify(&[("Acme-Signature", "")], BODY), Err(VerifyError::Missing("acme-signature".into())));
        for place in (0..BODY.len()).step_by(5) {
            let mut altered = BODY.to_vec();
            altered[place] ^= 1;
            assert_eq!(verify(&[("Acme-Signature", sent)], &altered), Err(VerifyError::Mismatch), "{place}");
        }
        for wrong in [&sent[1..], &sent[..sent.len() - 4], "sha256=", "=", "sha1=00", "not hex, nor base64!"] {
            assert_eq!(verify(&[("Acme-Signature", wrong)], BODY), Err(VerifyError::Mismatch), "{wrong}");
        }
        // During a change of secret several count, in one line or more.
        assert!(verify(&[("Acme-Signature", "AAAA"), ("Acme-Signature", sent)], BODY).is_ok());
        assert!(verify(&[("Acme-Signature", &format!("AAAA, {sent}"))], BODY).is_ok());
    }
    assert_eq!(
        verify(&*hex, &[("Acme-Signature", SHA256)], BODY, NOW),
        Err(VerifyError::Mismatch),
        "without its prefix"
    );
    let other = with(
        "scheme = \"hmac-sha512\"\nheader = \"Acme-Signature\"\nencoding = \"base64\"",
        "ACME_WEBHOOK_SECRET",
        &[OTHER_SECRET],
    );
    assert_eq!(verify(&*other, &[("Acme-Signature", SHA512)], BODY, NOW), Err(VerifyError::Mismatch), "another secret");
}

const TIMED: &str = "scheme = \"hmac-sha256\"\nheader = \"S\"\nencoding = \"hex\"\ncontent = \"v0:{timestamp}:{id}:{method}:{path}:{body}\"\ntimestamp-header = \"T\"\ntolerance = 60\nid-header = \"I\"";

#[test]
fn a_template_has_the_time_the_id_the_method_and_the_path_in_it() {
    let acme = secret(TIMED);
    let time = NOW.to_string();
    let sent = [("S", SHA256_TIMED), ("T", &*time), ("I", "m-1")];
    assert_eq!(verify(&*acme, &sent, BODY, NOW).unwrap(), "id:m-1");
    for (away, fresh) in [(-61, false), (-60, true), (60, true), (61, false)] {
        assert_eq!(verify(&*acme, &sent, BODY, NOW + away).is_ok(), fresh, "{away}");
    }
    assert_eq!(verify(&*acme, &sent, BODY, NOW + 61), Err(VerifyError::Stale));
    let (later, plus) = ((NOW + 1).to_string(), format!("+{NOW}"));
    for (name, value, refused) in [
        ("T", later.as_str(), VerifyError::Mismatch),
        ("T", plus.as_str(), VerifyError::Mismatch),
        ("T", "99999999999999999999", VerifyError::Stale),
        ("T", "", VerifyError::Missing("t".into())),
        ("I", "m-2", VerifyError::Mismatch),
        ("I", "m.1", VerifyError::Mismatch),
        ("I", "", VerifyError::Missing("i".into())),
    ] {
        let headers = sent.map(|(header, own)| (header, if header == name { value } else { own }));
        assert_eq!(verify(&*acme, &headers, BODY, NOW), Err(refused), "{name}: {value}");
    }
    let twice = |name, value| [sent.to_vec(), vec![(name, value)]].concat();
    assert_eq!(verify(&*acme, &twice("T", &later), BODY, NOW), Err(VerifyError::Ambiguous("t".into())));
    assert_eq!(verify(&*acme, &twice("I", "m-2"), BODY, NOW), Err(VerifyError::Ambiguous("i".into())));
    assert!(verify(&*acme, &twice("T", &time), BODY, NOW).is_ok(), "the same one twice is one");
    let elsewhere = RawDelivery::post("/other", sent.into_iter().collect(), BODY.to_vec());
    assert_eq!(acme.verify(elsewhere, &NoKeys, at(NOW)).unwrap_err(), VerifyError::Mismatch);
    // The signature covers the receiver's address, which a test sender does not know.
    assert_eq!(acme.sign("m-1", BODY, at(NOW)), None);
}

#[test]
fn a_time_is_read_in_the_notation_that_the_file_names() {
    for (notation, written) in [
        ("seconds", NOW.to_string()),
        ("milliseconds", (NOW * 1000 + 250).to_string()),
        ("rfc3339", at(NOW).to_string()),
    ] {
        let signature = format!(
            "scheme = \"hmac-sha256\"\nheader = \"S\"\nencoding = \"base64\"\ncontent = \"{{timestamp}}.{{body}}\"\ntimestamp-header = \"T\"\ntimestamp-format = \"{notation}\""
        );
        let acme = secret(&signature);
        let headers = acme.sign("m", BODY, at(NOW)).unwrap();
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (&**name, &**value)).collect();
        assert!(verify(&*acme, &headers, BODY, NOW + 300).is_ok(), "{notation}");
        assert_eq!(verify(&*acme, &headers, BODY, NOW + 301), Err(VerifyError::Stale), "{notation}");
        // The header's text is signed, so no other notation of the time is accepted.
        for other in [format!("{written}x"), format!("{written}0"), "soon".to_owned()] {
            let headers = [headers[1], ("T", &*other)];
            assert!(verify(&*acme, &headers, BODY, NOW).is_err(), "{notation}: {other}");
        }
    }
}

#[test]
fn a_public_key_verifies_and_none_is_needed_to_be_secret() {
    let rsa =
        with("scheme = \"rsa-sha256\"\nheader = \"S\"\nencoding = \"base64\"", "ACME_WEBHOOK_KEY", &[&rsa_key(SECRET)]);
    let pair = Ed25519KeyPair::generate().unwrap();
    let public = pair.public_key().as_ref();
    let signature = hex::encode(pair.sign(BODY));
    assert_eq!(verify(&*rsa, &[("S", &rsa_signature(SECRET, BODY))], BODY, NOW).map(drop), Ok(()));
    assert_eq!(verify(&*rsa, &[("S", &rsa_signature(OTHER_SECRET, BODY))], BODY, NOW), Err(VerifyError::Mismatch));
    for key in
        [STANDARD.encode(public), hex::encode(public), format!("{}, {}", STANDARD.encode([7; 3]), hex::encode(public))]
    {
        let ed25519 = with("scheme = \"ed25519\"\nheader = \"S\"\nencoding = \"hex\"", "ACME_WEBHOOK_KEY", &[&key]);
        assert_eq!(verify(&*ed25519, &[("S", &signature)], BODY, NOW).map(drop), Ok(()), "{key}");
        assert_eq!(verify(&*ed25519, &[("S", &signature)], b"{}", NOW), Err(VerifyError::Mismatch));
        assert_eq!(verify(&*ed25519, &[], BODY, NOW), Err(VerifyError::Missing("s".into())));
        assert_eq!(ed25519.sign("m", BODY, at(NOW)), None);
    }
    for key in ["", "no key", "AAAA"] {
        let none = with("scheme = \"ed25519\"\nheader = \"S\"\nencoding = \"hex\"", "ACME_WEBHOOK_KEY", &[key]);
        assert_eq!(verify(&*none, &[("S", &signature)], BODY, NOW), Err(VerifyError::NotConfigured), "{key}");
    }
}

#[test]
fn a_shared_secret_is_compared_as_a_whole() {
    let acme = secret("scheme = \"shared-secret\"\nheader = \"Authorization\"\nprefix = \"Bearer \"");
    let bearer = |secret: &str| format!("Bearer {secret}");
    for right in [SECRET, OTHER_SECRET] {
        assert!(verify(&*acme, &[("Authorization", &bearer(right))], BODY, NOW).is_ok(), "{right}");
    }
    for wrong in [&SECRET[1..], "", &format!("{SECRET}x")] {
        assert_eq!(
            verify(&*acme, &[("Authorization", &bearer(wrong))], BODY, NOW),
            Err(VerifyError::Mismatch),
            "{wrong}"
        );
    }
    assert_eq!(verify(&*acme, &[("Authorization", SECRET)], BODY, NOW), Err(VerifyError::Mismatch));
    assert_eq!(verify(&*acme, &[], BODY, NOW), Err(VerifyError::Missing("authorization".into())));
    let two = [bearer(SECRET), bearer(OTHER_SECRET)];
    let two = [("Authorization", &*two[0]), ("Authorization", &two[1])];
    assert_eq!(verify(&*acme, &two, BODY, NOW), Err(VerifyError::Ambiguous("authorization".into())));
    let signed = acme.sign("m", BODY, at(NOW)).unwrap();
    assert_eq!(signed, [("authorization".to_owned(), bearer(OTHER_SECRET))]);
}
