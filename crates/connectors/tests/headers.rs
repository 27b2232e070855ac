//! Headers as proxies and senders write them, and bodies with a byte order mark.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod common;

use common::bodies::changes;
use common::{NOW, SECRET, at, connector, delivery, signed_delivery, stored};
use connectors::{Headers, Meaning, NoKeys, VerifyError};

const BODY: &[u8] = br#"{"event":"ping"}"#;

fn verify(id: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<String, VerifyError> {
    Ok(connector(id, &[SECRET]).verify(delivery(headers, body), &NoKeys, at(NOW))?.key().to_owned())
}

/// The three values of Standard Webhooks.
fn signed(id: &str) -> [String; 3] {
    let headers = connector("basiq", &[SECRET]).sign(id, BODY, at(NOW)).unwrap();
    headers.into_iter().map(|(_, value)| value).collect::<Vec<_>>().try_into().unwrap()
}

const OTHER: &str = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=";

#[test]
fn the_right_signature_counts_wherever_it_stands_among_others() {
    let [id, time, right] = signed("m1");
    let bare = right.trim_end_matches('=');
    let url_safe = bare.replace('+', "-").replace('/', "_");
    for lines in [
        vec![OTHER, &right],
        vec![&right, OTHER],
        vec!["", &right],
        vec![&*format!("{OTHER} {right}")],
        vec![&*format!("  {OTHER}   {right}  ")],
        vec![&*format!("{OTHER}\t{right}")],
        vec![&*format!("{OTHER}, {right}")],
        vec![&*format!("{OTHER},{right}")],
        vec![&*format!("v1a,x v2,y {right} v1")],
        vec![bare],
        vec![&url_safe],
    ] {
        for brand in ["webhook", "svix"] {
            let names = ["id", "timestamp", "signature"].map(|name| format!("{brand}-{name}"));
            let mut headers: Vec<_> = lines.iter().map(|line| (names[2].as_str(), *line)).collect();
            headers.push((&names[1], &time));
            headers.insert(0, (&names[0], &id));
            assert_eq!(verify("basiq", &headers, BODY).as_deref(), Ok("webhook-id:m1"), "{lines:?}");
            headers.reverse();
            assert_eq!(verify("basiq", &headers, BODY).as_deref(), Ok("webhook-id:m1"), "{lines:?}");
        }
    }
}

#[test]
fn a_signature_of_another_version_does_not_count() {
    let [id, time, right] = signed("m1");
    let base64 = right.trim_start_matches("v1,");
    for line in [&format!("v2,{base64}"), &format!("v1a,{base64}"), base64, &format!("v1 v2,{base64}"), "v1", ","] {
        let headers = [("webhook-id", &*id), ("webhook-timestamp", &time), ("webhook-signature", line)];
        let refused = verify("basiq", &headers, BODY).unwrap_err();
        assert!(matches!(refused, VerifyError::Mismatch | VerifyError::Missing(_)), "{line}: {refused}");
    }
}

#[test]
fn a_line_that_comes_twice_is_one_and_two_that_differ_are_refused() {
    let [id, time, right] = signed("m1");
    let all = [("webhook-id", &*id), ("webhook-timestamp", &*time), ("webhook-signature", &*right)];
    let twice = [all, all].concat();
    assert!(verify("basiq", &twice, BODY).is_ok());
    for (name, value) in [("webhook-id", "m2"), ("webhook-timestamp", "1714391299")] {
        for place in [0, 3] {
            let mut headers = all.to_vec();
            headers.insert(place, (name, value));
            assert_eq!(verify("basiq", &headers, BODY), Err(VerifyError::Ambiguous(name.into())), "{name} at {place}");
        }
    }
}

#[test]
fn blanks_around_a_value_are_none_of_it() {
    let [id, time, right] = signed("m1");
    let [id, time] = [format!(" {id} "), format!("\t{time} ")];
    let headers = [("Webhook-Id", &*id), ("WEBHOOK-TIMESTAMP", &*time), ("webhook-Signature", &*right)];
    assert!(verify("basiq", &headers, BODY).is_ok());
}

#[test]
fn the_family_of_names_that_is_complete_counts() {
    let [id, time, right] = signed("m1");
    let headers = [("webhook-id", "other"), ("svix-id", &id), ("svix-timestamp", &time), ("svix-signature", &right)];
    assert_eq!(verify("basiq", &headers, BODY).as_deref(), Ok("webhook-id:m1"));
}

#[test]
fn the_other_schemes_take_several_lines_as_well() {
    use hmac::{Hmac, KeyInit as _, Mac as _};
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(BODY);
    let hex = hex::encode(mac.finalize().into_bytes());
    let wrong = "00".repeat(32);
    for (id, name, right, other) in [
        ("basiq", "x-basiq-signature", format!("sha256={hex}"), format!("sha256={wrong}")),
        ("basiq", "x-basiq-signature", format!("SHA256={hex}"), "sha1=00".to_owned()),
        ("apideck", "x-apideck-signature", hex, wrong),
    ] {
        for lines in [vec![&*other, &right], vec![&*right, &other], vec![&*format!("{other}, {right}")]] {
            let headers: Vec<_> = lines.iter().map(|line| (name, *line)).collect();
            assert!(verify(id, &headers, BODY).is_ok(), "{lines:?}");
        }
        assert_eq!(verify(id, &[(name, &other)], BODY), Err(VerifyError::Mismatch));
    }
}

#[test]
fn a_byte_order_mark_is_signed_and_not_read() {
    let body = "{\"event\":\"transaction.created\",\"event_id\":\"e1\",\"connectionId\":\"c1\",\"data\":{\"transaction\":{\"id\":\"t\",\"accountId\":\"a\",\"amount\":-1,\"date\":\"2026-11-20\"}}}";
    let marked = format!("\u{feff}{body}");
    for id in ["basiq", "apideck"] {
        let connector = connector(id, &[SECRET]);
        let headers: Headers = connector.sign("m1", marked.as_bytes(), at(NOW)).unwrap().into_iter().collect();
        let sent = |body: &str| signed_delivery(headers.clone(), body.as_bytes());
        let verified = connector.verify(sent(&marked), &NoKeys, at(NOW)).unwrap();
        assert_eq!(verified.body(), marked.as_bytes());
        assert!(matches!(connector.understand(verified.authentic()), Ok(Meaning::Changes { .. })), "{id}");
        assert_eq!(changes(id, &marked).unwrap().len(), 1);
    }
    let headers = connector("basiq", &[SECRET]).sign("m1", marked.as_bytes(), at(NOW)).unwrap();
    let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(verify("basiq", &headers, body.as_bytes()), Err(VerifyError::Mismatch), "the mark is signed");
}

#[test]
fn a_body_in_utf_16_is_told_what_is_wrong_with_it() {
    let wide: Vec<u8> = "\u{feff}{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let refused = connector("basiq", &[SECRET]).understand(stored(&wide).authentic()).unwrap_err();
    assert_eq!(refused.0, "the body cannot be read: it is UTF-16 or UTF-32, and JSON is sent as UTF-8");
}
