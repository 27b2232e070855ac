//! Particulars of one connector's signature: the guide's form for Basiq, Apideck's three forms.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod common;

use base64::Engine as _;
use common::{NOW, SECRET, at, connector, delivery};
use connectors::{NoKeys, Registry, Settings, VerifiedDelivery, VerifyError};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

fn mac(secret: &str, bytes: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(bytes);
    mac.finalize().into_bytes().into()
}

fn basiq(headers: &[(&str, &str)], body: &[u8], strict: bool) -> Result<VerifiedDelivery, VerifyError> {
    let settings = Settings::default()
        .with("BASIQ_WEBHOOK_SECRET", [SECRET])
        .with("BASIQ_WEBHOOK_STRICT", [if strict { "true" } else { "false" }]);
    Registry::new(&settings).get("basiq").unwrap().verify(delivery(headers, body), &NoKeys, at(NOW))
}

fn guide(secret: &str, body: &[u8]) -> String {
    format!("sha256={}", hex::encode(mac(secret, body)))
}

#[test]
fn the_guides_form_verifies_with_the_secrets_text_and_is_known_by_its_body() {
    let verified = basiq(&[("x-basiq-signature", &guide(SECRET, b"{}"))], b"{}", false).unwrap();
    assert_eq!(verified.key(), "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
    let upper = format!("sha256={}", hex::encode_upper(mac(SECRET, b"{}")));
    assert!(basiq(&[("X-Basiq-Signature", &upper)], b"{}", false).is_ok());
}

#[test]
fn the_guides_form_is_refused_when_wrong() {
    let right = guide(SECRET, b"{}");
    let decoded_key = {
        let key = base64::engine::general_purpose::STANDARD.decode(SECRET.trim_start_matches("whsec_")).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(b"{}");
        format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
    };
    for signature in ["", "sha256=", &right[7..], &right[..70], "sha256=zz", &guide("other", b"{}"), &decoded_key] {
        let refused = basiq(&[("x-basiq-signature", signature)], b"{}", false).unwrap_err();
        assert_eq!(refused, VerifyError::Mismatch, "{signature}");
    }
    assert_eq!(basiq(&[("x-basiq-signature", &right)], b"{} ", false).unwrap_err(), VerifyError::Mismatch);
}

#[test]
fn strict_takes_only_what_signs_the_time() {
    let refused = basiq(&[("x-basiq-signature", &guide(SECRET, b"{}"))], b"{}", true).unwrap_err();
    assert_eq!(refused, VerifyError::Missing("webhook-id".into()));
    let headers = connector("basiq", &[SECRET]).sign("m", b"{}", at(NOW)).unwrap();
    let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert!(basiq(&headers, b"{}", true).is_ok());
}

#[test]
fn standard_webhooks_headers_decide_where_both_kinds_are_there() {
    let right = guide(SECRET, b"{}");
    let signed = connector("basiq", &[SECRET]).sign("m", b"{}", at(NOW)).unwrap();
    let mut headers: Vec<_> = signed.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    headers.push(("x-basiq-signature", "sha256=00"));
    assert_eq!(basiq(&headers, b"{}", false).unwrap().key(), "webhook-id:m");
    let wrong = [("webhook-id", "m"), ("webhook-timestamp", "1714391300"), ("webhook-signature", "v1,AA==")];
    let with_guide: Vec<_> = wrong.into_iter().chain([("x-basiq-signature", right.as_str())]).collect();
    assert_eq!(basiq(&with_guide, b"{}", false).unwrap_err(), VerifyError::Mismatch);
}

fn apideck(signature: &str, body: &[u8]) -> Result<String, VerifyError> {
    let sent = delivery(&[("x-apideck-signature", signature)], body);
    Ok(connector("apideck", &[SECRET]).verify(sent, &NoKeys, at(NOW))?.key().to_owned())
}

const BODY: &[u8] = br#"{"z": [{"b": 1.10, "a": 2}], "a": "x"}"#;

#[test]
fn apidecks_three_forms_verify_in_hex_and_in_base64() {
    for form in
        [BODY, br#"{"a":"x","z":[{"b":1.10,"a":2}]}"#.as_slice(), br#"{"a":"x","z":[{"a":2,"b":1.10}]}"#.as_slice()]
    {
        let mac = mac(SECRET, form);
        assert!(apideck(&hex::encode(mac), BODY).is_ok());
        assert!(apideck(&hex::encode_upper(mac), BODY).is_ok());
        assert!(apideck(&base64::engine::general_purpose::STANDARD.encode(mac), BODY).is_ok());
    }
    for form in [br#"{"z":[{"b":1.10,"a":2}],"a":"x"}"#.as_slice(), br#"{"a":"x","z":[{"b":1.1,"a":2}]}"#] {
        assert_eq!(apideck(&hex::encode(mac(SECRET, form)), BODY), Err(VerifyError::Mismatch));
    }
}

#[test]
fn a_body_written_differently_under_the_same_signature_is_the_same_delivery() {
    let signature = hex::encode(mac(SECRET, br#"{"a":"x","b":1}"#));
    let first = apideck(&signature, br#"{"b":1,"a":"x"}"#).unwrap();
    for body in [br#"{"a":"x","b":1}"#.as_slice(), b"{ \"a\": \"x\",\n\"b\":1 }", br#"{"b":1,"\u0061":"x"}"#] {
        assert_eq!(apideck(&signature, body).unwrap(), first);
    }
    assert!(first.starts_with("sha256:"));
}

#[test]
fn two_members_of_one_name_never_verify_sorted() {
    let signature = hex::encode(mac(SECRET, br#"{"a":1}"#));
    let refused = apideck(&signature, br#"{"a":2,"a":1}"#).unwrap_err();
    assert!(matches!(refused, VerifyError::Unreadable(_)), "{refused}");
}

#[test]
fn the_key_is_the_signed_event_id_wherever_it_stands() {
    for (body, key) in [
        (r#"{"payload":{"event_id":"e1"},"event_id":"e2"}"#, "event:e1"),
        (r#"{"event_id":"e2","event":"x"}"#, "event:e2"),
        (r#"{"eventId":7}"#, "event:7"),
    ] {
        assert_eq!(apideck(&hex::encode(mac(SECRET, body.as_bytes())), body.as_bytes()).unwrap(), key);
    }
}

#[test]
fn a_prefix_without_a_secret_is_no_key_beside_a_real_one() {
    let basiq = connector("basiq", &["whsec_", SECRET, ""]);
    for secret in ["whsec_", ""] {
        let sent = delivery(&[("x-basiq-signature", &guide(secret, b"{}"))], b"{}");
        assert_eq!(basiq.verify(sent, &NoKeys, at(NOW)).unwrap_err(), VerifyError::Mismatch, "{secret:?}");
    }
}
