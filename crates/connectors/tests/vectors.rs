//! Signatures that others computed: Standard Webhooks' and Svix's published vectors, and derived ones over
//! the bodies that Basiq and Apideck publish.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod common;

use common::{at, connector, delivery, signed_delivery};
use connectors::{NoKeys, VerifyError};
use serde_json::Value;

struct Vector {
    secret: &'static str,
    id: &'static str,
    time: i64,
    body: Vec<u8>,
    signature: &'static str,
}

const SW1_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const SW1_ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const SW1_TIME: i64 = 1_614_265_330;
const SW1_BODY: &[u8] = br#"{"test": 2432232314}"#;
const SW1_SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

/// <https://github.com/standard-webhooks/standard-webhooks> `libraries/`, <https://docs.svix.com> and
/// <https://github.com/svix/svix-webhooks> `csharp/Svix.Tests`.
fn published() -> Vec<Vector> {
    let sw1 = |body: Vec<u8>, signature| Vector { secret: SW1_SECRET, id: SW1_ID, time: SW1_TIME, body, signature };
    vec![
        sw1(SW1_BODY.to_vec(), SW1_SIGNATURE),
        Vector {
            secret: "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
            id: "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
            time: 1_649_367_553,
            body: br#"{"email":"test@example.com","username":"test_user"}"#.to_vec(),
            signature: "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
        },
        Vector {
            secret: "whsec_plJ3nmyCDGBKInavdOK15jsl",
            id: "msg_loFOjxBNrRLzqYUf",
            time: 1_731_705_121,
            body: br#"{"event_type":"ping","data":{"success":true}}"#.to_vec(),
            signature: "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=",
        },
        sw1(vec![b'a'; 1_048_576], "v1,txpEUxqWZJ5nteTnymUVa+7C4NHpBeXJ6CsBAW0c3/A="),
        sw1(vec![b'a'; 262_144], "v1,Mw4Pe2WgApuT7NSqnSq0PQPV9gbLdggCl9B865x5Xh0="),
        sw1(vec![b'a'; 262_143], "v1,NTItnqyWMoFhk2Bbe5V/BMdcFRWgcSQaTgqLHX7FC7c="),
    ]
}

/// Verifies the first vector with one part changed, and returns the delivery's key.
fn sw1(secret: &str, headers: &[(&str, &str)], now: i64) -> Result<String, VerifyError> {
    let verified = connector("basiq", &[secret]).verify(delivery(headers, SW1_BODY), &NoKeys, at(now))?;
    Ok(verified.key().to_owned())
}

fn sw1_headers<'a>(time: &'a str, signature: &'a str) -> [(&'a str, &'a str); 3] {
    [("webhook-id", SW1_ID), ("webhook-timestamp", time), ("webhook-signature", signature)]
}

#[test]
fn published_vectors_verify_and_are_what_we_sign_ourselves() {
    for vector in published() {
        let basiq = connector("basiq", &[vector.secret]);
        let time = vector.time.to_string();
        let headers =
            [("webhook-id", vector.id), ("webhook-timestamp", time.as_str()), ("webhook-signature", vector.signature)];
        let verified = basiq.verify(delivery(&headers, &vector.body), &NoKeys, at(vector.time)).expect(vector.id);
        assert_eq!(verified.key(), format!("webhook-id:{}", vector.id));
        let signed = basiq.sign(vector.id, &vector.body, at(vector.time)).unwrap();
        assert_eq!(signed.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect::<Vec<_>>(), headers);
    }
}

#[test]
fn svixs_own_header_names_are_taken_as_well() {
    let headers = [("svix-id", SW1_ID), ("Svix-Timestamp", "1614265330"), ("svix-signature", SW1_SIGNATURE)];
    assert!(sw1(SW1_SECRET, &headers, SW1_TIME).is_ok());
}

#[test]
fn a_wrong_signature_is_refused() {
    for signature in [
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OA=",
        "v1,",
        "v1",
        "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "v1,g0hM9SsE",
        "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "v1a,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= v2,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=",
    ] {
        let refused = sw1(SW1_SECRET, &sw1_headers("1614265330", signature), SW1_TIME);
        assert_eq!(refused, Err(VerifyError::Mismatch), "{signature}");
    }
}

#[test]
fn one_right_signature_in_a_rotation_list_is_enough() {
    let other = "Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=";
    let list = format!("v1,{other} v2,{other} {SW1_SIGNATURE} v1,{other}");
    assert!(sw1(SW1_SECRET, &sw1_headers("1614265330", &list), SW1_TIME).is_ok());
}

#[test]
fn the_tolerance_is_three_hundred_seconds_either_way() {
    for (offset, fresh) in [(-301, false), (-300, true), (0, true), (300, true), (301, false)] {
        let verified = sw1(SW1_SECRET, &sw1_headers("1614265330", SW1_SIGNATURE), SW1_TIME + offset);
        assert_eq!(verified.is_ok(), fresh, "{offset}");
        assert!(fresh || verified == Err(VerifyError::Stale), "{offset}");
    }
}

#[test]
fn a_time_stamp_is_nothing_but_digits() {
    for time in ["hello", "+1614265330", "16142 65330", "1614265330.0", "-1614265330", "0x60381fb2", "١٦١٤٢٦٥٣٣٠"]
    {
        let refused = sw1(SW1_SECRET, &sw1_headers(time, SW1_SIGNATURE), SW1_TIME);
        assert_eq!(refused, Err(VerifyError::Mismatch), "{time}");
    }
    // The same number in another notation was not signed.
    let padded = sw1(SW1_SECRET, &sw1_headers("01614265330", SW1_SIGNATURE), SW1_TIME);
    assert_eq!(padded, Err(VerifyError::Mismatch));
    let far = sw1(SW1_SECRET, &sw1_headers("99999999999999999999", SW1_SIGNATURE), SW1_TIME);
    assert_eq!(far, Err(VerifyError::Stale));
}

#[test]
fn each_header_is_needed() {
    let all = sw1_headers("1614265330", SW1_SIGNATURE);
    for (missing, name) in ["webhook-id", "webhook-timestamp", "webhook-signature"].into_iter().enumerate() {
        let rest: Vec<_> = all.iter().copied().enumerate().filter(|(at, _)| *at != missing).map(|(_, h)| h).collect();
        assert_eq!(sw1(SW1_SECRET, &rest, SW1_TIME), Err(VerifyError::Missing(name.into())));
        let mut blank = all;
        blank[missing].1 = "";
        assert_eq!(sw1(SW1_SECRET, &blank, SW1_TIME), Err(VerifyError::Missing(name.into())));
    }
}

#[test]
fn an_id_with_a_dot_is_refused_even_when_signed() {
    let basiq = connector("basiq", &[SW1_SECRET]);
    let headers = basiq.sign("msg.1", SW1_BODY, at(SW1_TIME)).unwrap();
    let sent = signed_delivery(headers.into_iter().collect(), SW1_BODY);
    assert_eq!(basiq.verify(sent, &NoKeys, at(SW1_TIME)).unwrap_err(), VerifyError::Mismatch);
}

#[test]
fn an_empty_secret_is_none() {
    for secret in ["", " ", "whsec_"] {
        assert!(!connector("basiq", &[secret]).is_configured());
        let refused = sw1(secret, &sw1_headers("1614265330", SW1_SIGNATURE), SW1_TIME);
        assert_eq!(refused, Err(VerifyError::NotConfigured), "{secret:?}");
    }
}

#[test]
fn secrets_are_read_with_and_without_padding_prefix_and_tidy_ending() {
    for (one, same) in [
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS"),
        ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwBr", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwBg=="),
    ] {
        let by = |secret: &str| connector("basiq", &[secret]).sign("m", b"{}", at(SW1_TIME)).unwrap();
        assert_eq!(by(one), by(same), "{one}");
    }
}

#[test]
fn a_secret_that_is_no_base64_is_used_as_text() {
    let basiq = connector("basiq", &["not-base64-at-all!"]);
    let headers = basiq.sign("m", b"{}", at(SW1_TIME)).unwrap();
    let sent = signed_delivery(headers.into_iter().collect(), b"{}");
    assert!(basiq.verify(sent, &NoKeys, at(SW1_TIME)).is_ok());
}

fn derived() -> Value {
    serde_json::from_str(include_str!("fixtures/vectors/providers_derived.json")).unwrap()
}

#[test]
fn basiqs_own_body_verifies_under_both_example_secrets() {
    let all = derived();
    for name in ["D-BASIQ-1", "D-BASIQ-2 (Basiq doc example secret, unpadded base64)"] {
        let vector = &all[name];
        let text = |field: &str| vector[field].as_str().unwrap();
        let time = vector["ts"].as_i64().unwrap();
        let seconds = time.to_string();
        let headers =
            [("webhook-id", text("id")), ("webhook-timestamp", &*seconds), ("webhook-signature", text("sig"))];
        let basiq = connector("basiq", &[text("secret")]);
        assert!(basiq.verify(delivery(&headers, text("body").as_bytes()), &NoKeys, at(time)).is_ok(), "{name}");
    }
}

#[test]
fn apidecks_own_body_verifies_sorted_and_raw() {
    let all = derived();
    let text = |field: &str| all["D-APIDECK-1"][field].as_str().unwrap();
    let apideck = connector("apideck", &[text("secret")]);
    for field in ["sig_canonical_hex", "sig_rawbody_hex"] {
        let sent = delivery(&[("x-apideck-signature", text(field))], text("body").as_bytes());
        let verified = apideck.verify(sent, &NoKeys, at(SW1_TIME)).expect(field);
        assert_eq!(verified.key(), "event:d290f1ee-6c54-4b01-90e6-d701748f0851");
    }
    let signed = apideck.sign("1", text("body").as_bytes(), at(SW1_TIME)).unwrap();
    assert!(signed.contains(&("x-apideck-signature".to_owned(), text("sig_canonical_hex").to_owned())));
    assert!(signed.contains(&("x-apideck-event-type".to_owned(), "accounting.expense.created".to_owned())));
}
