//! Particulars of connectors whose keys are published or registered: which key is requested, how it is read, and what
//! is refused without one.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod common;

use common::senders::{Published, plaid_token, rsa_key, signed};
use common::{NOW, SECRET, at, connector, delivery};
use connectors::fetch::{ApiResponse, Body, FetchError, Method};
use connectors::{Headers, KeyId, KeySource, NoKeys, VerifyError};
use serde_json::{Value, json};

const BODY: &[u8] = b"{}";
const BODY_HASH: &str = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

fn id(provider: &'static str, name: &str) -> KeyId {
    KeyId { provider: provider.into(), name: name.to_owned() }
}

fn answer(status: u16, body: &str) -> ApiResponse {
    ApiResponse { status, headers: Headers::default(), body: body.as_bytes().to_vec() }
}

fn plaid(header: &Value, claims: &Value, keys: &dyn KeySource) -> Result<String, VerifyError> {
    let token = plaid_token(SECRET, header, claims);
    let sent = delivery(&[("plaid-verification", &token)], BODY);
    Ok(connector("plaid", &[SECRET]).verify(sent, keys, at(NOW))?.key().to_owned())
}

#[test]
fn plaid_takes_es256_under_a_named_key_and_nothing_else() {
    let claims = json!({ "iat": NOW, "request_body_sha256": BODY_HASH });
    let keys = Published(&[SECRET]);
    assert!(plaid(&json!({ "alg": "ES256", "kid": "key-0" }), &claims, &keys).is_ok());
    for header in [
        json!({ "alg": "none", "kid": "key-0" }),
        json!({ "alg": "HS256", "kid": "key-0" }),
        json!({ "alg": "es256", "kid": "key-0" }),
        json!({ "kid": "key-0" }),
        json!({ "alg": "ES256" }),
        json!({ "alg": "ES256", "kid": "" }),
        json!({ "alg": "ES256", "kid": 0 }),
        json!({ "alg": "ES256", "kid": "key\n0" }),
        json!({ "alg": "ES256", "kid": "k".repeat(101) }),
        json!({ "alg": "ES256", "kid": "key-0", "crit": ["x"] }),
    ] {
        assert_eq!(plaid(&header, &claims, &keys), Err(VerifyError::Mismatch), "{header}");
    }
}

#[test]
fn plaids_token_has_to_name_the_body_and_the_time_before_a_key_is_asked_for() {
    let header = json!({ "alg": "ES256", "kid": "key-0" });
    for claims in [
        json!({}),
        json!([]),
        json!({ "iat": NOW }),
        json!({ "iat": NOW, "request_body_sha256": "" }),
        json!({ "iat": NOW, "request_body_sha256": "0".repeat(64) }),
        json!({ "iat": NOW, "request_body_sha256": BODY_HASH[1..] }),
        json!({ "iat": "soon", "request_body_sha256": BODY_HASH }),
        json!({ "request_body_sha256": BODY_HASH }),
    ] {
        assert_eq!(plaid(&header, &claims, &NoKeys), Err(VerifyError::Mismatch), "{claims}");
    }
    let old = json!({ "iat": NOW - 301, "request_body_sha256": BODY_HASH });
    assert_eq!(plaid(&header, &old, &NoKeys), Err(VerifyError::Stale));
    let good = json!({ "iat": NOW, "request_body_sha256": BODY_HASH });
    assert_eq!(plaid(&header, &good, &NoKeys), Err(VerifyError::KeyUnavailable(id("plaid", "key-0"))));
}

#[test]
fn the_next_notification_of_plaid_with_the_same_bytes_is_another_delivery() {
    let header = json!({ "alg": "ES256", "kid": "key-0" });
    let key = |time: i64| {
        plaid(&header, &json!({ "iat": time, "request_body_sha256": BODY_HASH }), &Published(&[SECRET])).unwrap()
    };
    // Even within the same second: each attempt is signed anew.
    assert_ne!(key(NOW), key(NOW));
    assert_ne!(key(NOW), key(NOW - 1));
}

#[test]
fn plaid_is_asked_for_a_key_by_its_name_with_the_clients_secret() {
    let plaid = connector("plaid", &[SECRET]);
    let request = plaid.key_request(&id("plaid", "key-0")).unwrap();
    assert_eq!((request.method, request.path), (Method::Post, vec!["webhook_verification_key".into(), "get".into()]));
    let Body::Json(body) = request.body else { panic!("no JSON") };
    let expected = json!({ "client_id": "client", "secret": SECRET, "key_id": "key-0" });
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), expected);
    assert!(connector("plaid", &[""]).key_request(&id("plaid", "key-0")).is_none());
}

#[test]
fn plaids_answer_is_a_key_of_that_name_or_says_that_there_is_none() {
    let plaid = connector("plaid", &[SECRET]);
    let read = |status, body: &str| plaid.read_key(&id("plaid", "k1"), answer(status, body));
    let key = r#"{"alg":"ES256","crv":"P-256","expired_at":null,"kid":"k1","kty":"EC","use":"sig","x":"35lvC8uz2QrWpQJ3TUH8t9o9DURMp7ydU518RKDl20k","y":"I8BuXB2bvxelzJAd7OKhd-ZwjCst05Fx47Mb_0ugros"}"#;
    let fetched = read(200, &format!(r#"{{"key":{key},"request_id":"r"}}"#)).unwrap();
    assert_eq!((fetched.id, fetched.bytes.as_slice()), (id("plaid", "k1"), key.as_bytes()));
    let unknown = r#"{"error_type":"INVALID_INPUT","error_code":"INVALID_WEBHOOK_VERIFICATION_KEY_ID"}"#;
    assert!(matches!(read(400, unknown), Err(FetchError::Gone { .. })));
    let refused = r#"{"error_type":"INVALID_INPUT","error_code":"INVALID_API_KEYS"}"#;
    assert!(matches!(read(400, refused), Err(FetchError::NotUnderstood { .. })));
    assert!(matches!(read(500, ""), Err(FetchError::Later { .. })));
    let another = key.replace("k1", "k2");
    for body in ["", "{}", r#"{"key":null}"#, r#"{"key":{"kid":"k1"}}"#, &format!(r#"{{"key":{another}}}"#)] {
        assert!(matches!(read(200, body), Err(FetchError::NotUnderstood { .. })), "{body}");
    }
}

fn akahu(number: &str, keys: &dyn KeySource) -> Result<String, VerifyError> {
    let akahu = connector("akahu", &[SECRET]);
    let sent = signed(&*akahu, SECRET, "", BODY, NOW);
    let signature = sent.headers.get("x-akahu-signature").unwrap();
    let sent = delivery(&[("x-akahu-signature", signature), ("x-akahu-signing-key", number)], BODY);
    Ok(akahu.verify(sent, keys, at(NOW))?.key().to_owned())
}

/// Akahu's newest key, after its number.
struct Newest(u32);

impl KeySource for Newest {
    fn key(&self, id: &KeyId) -> Option<Vec<u8>> {
        (id.name == "newest").then(|| format!("{}\n{}", self.0, rsa_key(SECRET)).into_bytes())
    }
}

#[test]
fn akahus_newest_key_counts_a_newer_one_is_asked_for_and_an_older_one_is_refused() {
    assert!(akahu("7", &Newest(7)).is_ok());
    assert_eq!(akahu("6", &Newest(7)), Err(VerifyError::Mismatch));
    assert_eq!(akahu("8", &Newest(7)), Err(VerifyError::KeyUnavailable(id("akahu", "8"))));
    assert_eq!(akahu("8", &NoKeys), Err(VerifyError::KeyUnavailable(id("akahu", "8"))));
    for number in ["", "-1", "+1", "1e3", "x", "../keys", "9999999999"] {
        let refused = akahu(number, &Newest(7)).unwrap_err();
        assert!(matches!(refused, VerifyError::Mismatch | VerifyError::Missing(_)), "{number}: {refused}");
    }
}

#[test]
fn akahus_next_update_with_the_same_bytes_is_another_delivery_an_hour_later() {
    let akahu = connector("akahu", &[SECRET]);
    let sent = signed(&*akahu, SECRET, "", BODY, NOW);
    let key = |second| akahu.verify(sent.clone(), &Published(&[SECRET]), at(second)).unwrap().key().to_owned();
    assert_eq!(key(NOW), key(NOW + 60));
    assert_ne!(key(NOW), key(NOW + 3600));
}

#[test]
fn akahu_is_asked_for_a_key_by_its_number_as_the_app() {
    let akahu = connector("akahu", &[SECRET]);
    let request = akahu.key_request(&id("akahu", "7")).unwrap();
    assert_eq!((request.method, request.path), (Method::Get, vec!["keys".to_owned(), "7".to_owned()]));
    // `app_token_1:` and the secret.
    let [(name, value)] = request.headers.as_slice() else { panic!("one header") };
    assert!(*name == "authorization" && value.starts_with("Basic YXBwX3Rva2VuXzE6"), "{name}: {value}");
    let pem = format!("-----BEGIN RSA PUBLIC KEY-----\n{}\n-----END RSA PUBLIC KEY-----\n", rsa_key(SECRET));
    let body = json!({ "success": true, "item": pem }).to_string();
    let fetched = akahu.read_key(&id("akahu", "7"), answer(200, &body)).unwrap();
    assert_eq!((fetched.id, fetched.bytes), (id("akahu", "newest"), format!("7\n{pem}").into_bytes()));
    assert!(matches!(akahu.read_key(&id("akahu", "7"), answer(404, "{}")), Err(FetchError::Gone { .. })));
    for body in ["{}", r#"{"success":true,"item":"no key"}"#] {
        assert!(matches!(akahu.read_key(&id("akahu", "7"), answer(200, body)), Err(FetchError::NotUnderstood { .. })));
    }
}

#[test]
fn truelayers_keys_are_found_by_name_at_the_configured_address() {
    let truelayer = connector("truelayer", &[SECRET]);
    let request = truelayer.key_request(&id("truelayer", "k1")).unwrap();
    assert_eq!((request.method, request.address), (Method::Get, Some("TRUELAYER_WEBHOOKS_URL")));
    assert_eq!(request.path, [".well-known", "jwks"]);
    let read = |body: &str| truelayer.read_key(&id("truelayer", "k1"), answer(200, body));
    assert!(matches!(read(r#"{"keys":[{"kid":"k2","kty":"EC"}]}"#), Err(FetchError::Gone { .. })));
    assert!(matches!(read("{}"), Err(FetchError::NotUnderstood { .. })));
    assert!(matches!(truelayer.read_key(&id("truelayer", "k1"), answer(503, "")), Err(FetchError::Later { .. })));
}

#[test]
fn truelayers_signature_has_to_cover_headers_that_came() {
    let truelayer = connector("truelayer", &[SECRET]);
    let sent = signed(&*truelayer, SECRET, "", BODY, NOW);
    let signature = sent.headers.get("tl-signature").unwrap();
    let without_time = delivery(&[("tl-signature", signature)], BODY);
    let refused = truelayer.verify(without_time, &Published(&[SECRET]), at(NOW)).unwrap_err();
    assert_eq!(refused, VerifyError::Mismatch);
    let mut with_another_method = sent.clone();
    with_another_method.method = "PUT".to_owned();
    let refused = truelayer.verify(with_another_method, &Published(&[SECRET]), at(NOW)).unwrap_err();
    assert_eq!(refused, VerifyError::Mismatch);
}

#[test]
fn a_webhook_of_up_that_nobody_registered_is_asked_for_and_one_that_is_not_named_is_refused() {
    let up = connector("up", &[]);
    let body = include_bytes!("fixtures/up/ping.json");
    let sent = signed(&*up, SECRET, "", body, NOW);
    let refused = up.verify(sent.clone(), &NoKeys, at(NOW)).unwrap_err();
    assert_eq!(refused, VerifyError::KeyUnavailable(id("up", "135017b5-2585-4564-ac7d-040043d51667")));
    assert_eq!(up.key_credential(), Some("webhookSecret"));
    assert!(up.verify(sent, &Published(&["another secret", SECRET]), at(NOW)).is_ok());
    for body in ["{}", "[]", r#"{"data":{"relationships":{"webhook":{"data":{"id":null}}}}}"#, "not JSON"] {
        let sent = signed(&*up, SECRET, "", body.as_bytes(), NOW);
        let refused = up.verify(sent, &Published(&[SECRET]), at(NOW)).unwrap_err();
        assert_eq!(refused, VerifyError::Mismatch, "{body}");
    }
    let empty = signed(&*up, "", "", body, NOW);
    assert_eq!(up.verify(empty, &Published(&["", " "]), at(NOW)).unwrap_err(), VerifyError::Mismatch);
}
