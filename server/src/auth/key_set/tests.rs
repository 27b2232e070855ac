//! Key sets as other services publish them.

use serde_json::json;

use super::*;

/// Made for these tests; no token is signed with any of them.
const ED25519: &str = "DxNcBknZKQcmWLj0FevHaNtkIdrVMrJYLCzjWBpgB3I";
const OTHER_ED25519: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
const X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
const Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";

fn ed25519(kid: &str) -> Value {
    json!({ "kty": "OKP", "crv": "Ed25519", "kid": kid, "x": ED25519 })
}

fn p256(kid: &str) -> Value {
    json!({ "kty": "EC", "crv": "P-256", "kid": kid, "x": X, "y": Y })
}

/// An odd modulus of this many bytes.
fn rsa(bytes: usize) -> Value {
    json!({ "kty": "RSA", "n": URL_SAFE_NO_PAD.encode(vec![0xff; bytes]), "e": "AQAB" })
}

fn with(mut key: Value, name: &str, value: Value) -> Value {
    key[name] = value;
    key
}

/// A point with the right bytes, split at the wrong place.
fn shifted() -> Value {
    let decode = |text| URL_SAFE_NO_PAD.decode(text).expect("base64url");
    let point = [decode(X), decode(Y)].concat();
    let (x, y) = point.split_at(31);
    json!({ "kty": "EC", "crv": "P-256", "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y) })
}

fn set(keys: &[Value]) -> KeySet {
    KeySet::parse(json!({ "keys": keys }).to_string().as_bytes()).expect("a set")
}

/// Whether a set has one key for a token with this header.
fn has(set: &KeySet, alg: &str, kid: Option<&str>) -> bool {
    let header = kid.map_or_else(|| json!({ "alg": alg }), |kid| json!({ "alg": alg, "kid": kid }));
    let token = format!("{}..", URL_SAFE_NO_PAD.encode(header.to_string()));
    set.find(&Jws::parse(&token).expect("a token")).is_some()
}

#[test]
fn a_key_is_found_by_its_id_or_where_the_token_names_none_as_the_one_of_its_algorithm() {
    let keys = set(&[ed25519("a"), p256("b")]);
    assert!(has(&keys, "EdDSA", Some("a")) && has(&keys, "ES256", Some("b")));
    assert!(has(&keys, "EdDSA", None) && has(&keys, "ES256", None) && !has(&keys, "RS256", None));
    assert!(!has(&keys, "EdDSA", Some("b")) && !has(&keys, "ES256", Some("a")) && !has(&keys, "EdDSA", Some("")));
}

#[test]
fn which_of_several_keys_is_meant_is_not_guessed() {
    let other = with(ed25519("b"), "x", json!(OTHER_ED25519));
    let keys = set(&[ed25519("a"), other]);
    assert!(!has(&keys, "EdDSA", None) && has(&keys, "EdDSA", Some("a")) && has(&keys, "EdDSA", Some("b")));
    // The same key under two ids counts as one.
    assert!(has(&set(&[ed25519("a"), ed25519("b")]), "EdDSA", None));
    let same_id = with(ed25519("a"), "x", json!(OTHER_ED25519));
    assert!(!has(&set(&[ed25519("a"), same_id]), "EdDSA", Some("a")));
}

#[test]
fn keys_of_one_id_are_told_apart_by_kind_use_and_algorithm() {
    let keys = set(&[ed25519("a"), p256("a"), rsa(256)]);
    assert!(has(&keys, "EdDSA", Some("a")) && has(&keys, "ES256", Some("a")));
    for (name, value) in [("use", json!("enc")), ("alg", json!("RSA-OAEP")), ("key_ops", json!(["encrypt"]))] {
        let other = with(with(rsa(256), "kid", json!("a")), name, value.clone());
        let one = with(with(rsa(384), "kid", json!("a")), "use", json!("sig"));
        assert!(has(&set(&[other, one]), "RS256", Some("a")), "{name}: {value}");
    }
}

#[test]
fn an_entry_that_is_malformed_spoils_none_of_the_others() {
    let good = ed25519("good");
    for bad in [
        json!(null),
        json!(7),
        json!("key"),
        json!([]),
        json!({}),
        with(p256("b"), "kid", json!(7)),
        with(p256("b"), "kty", json!(7)),
        with(p256("b"), "x5c", json!("text")),
        with(p256("b"), "x5c", json!([7])),
        with(p256("b"), "key_ops", json!("verify")),
        with(p256("b"), "use", json!(["sig"])),
        with(p256("b"), "alg", json!(256)),
        with(p256("b"), "x", json!("not base64url!")),
        with(p256("b"), "y", json!(null)),
        json!({ "kty": "PQC", "alg": "ML-DSA-44" }),
    ] {
        let keys = set(&[bad.clone(), good.clone(), bad.clone()]);
        assert!(has(&keys, "EdDSA", Some("good")) && !has(&keys, "ES256", None), "{bad}");
        assert_eq!(keys.ignored(), 2);
    }
}

#[test]
fn a_key_that_cannot_verify_safely_is_ignored() {
    for bad in [
        // Smaller than 2048 bits, larger than 8192, invalid exponents and an empty modulus.
        rsa(128),
        rsa(255),
        rsa(1025),
        with(rsa(256), "e", json!("AQ")),
        with(rsa(256), "e", json!("Ag")),
        with(rsa(256), "e", json!("")),
        with(rsa(256), "n", json!("")),
        // A point that is not on the curve, coordinates of the wrong length, other curves.
        with(p256("a"), "y", json!(X)),
        with(p256("a"), "x", json!(&X[..42])),
        shifted(),
        with(p256("a"), "crv", json!("P-384")),
        with(p256("a"), "crv", json!("secp256k1")),
        with(ed25519("a"), "crv", json!("Ed448")),
        with(ed25519("a"), "crv", json!("X25519")),
        with(ed25519("a"), "x", json!(&ED25519[..42])),
        // A `kty` that does not match the other members.
        with(p256("a"), "kty", json!("RSA")),
        with(ed25519("a"), "kty", json!("EC")),
        // Another use, or an algorithm that does not match the key.
        with(ed25519("a"), "use", json!("enc")),
        with(ed25519("a"), "key_ops", json!(["sign"])),
        with(p256("a"), "alg", json!("ES512")),
        with(rsa(256), "alg", json!("RS512")),
        with(rsa(256), "alg", json!("PS256")),
        // A private half, and a symmetric secret: anyone who reads the set could sign.
        with(ed25519("a"), "d", json!("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")),
        json!({ "kty": "oct", "alg": "HS256", "k": URL_SAFE_NO_PAD.encode([7; 32]) }),
    ] {
        let keys = set(std::slice::from_ref(&bad));
        assert!(keys.is_empty(), "{bad}");
        assert_eq!(keys.ignored(), 1);
    }
    for good in [
        rsa(256),
        rsa(1024),
        with(rsa(256), "n", json!(URL_SAFE_NO_PAD.encode([vec![0], vec![0xff; 256]].concat()))),
        with(ed25519("a"), "alg", json!("EdDSA")),
        with(ed25519("a"), "alg", json!("Ed25519")),
        with(ed25519("a"), "key_ops", json!(["verify"])),
    ] {
        assert!(!set(std::slice::from_ref(&good)).is_empty(), "{good}");
    }
}

#[test]
fn a_byte_order_mark_before_a_set_is_passed_over() {
    let text = format!("\u{feff}{}", json!({ "keys": [ed25519("a")] }));
    assert!(!KeySet::parse(text.as_bytes()).expect("a set").is_empty());
}

#[test]
fn what_is_no_set_is_an_error_and_not_an_empty_set() {
    for other in ["", "{}", "[]", "null", r#"{"keys":{}}"#, r#"{"error":"try again"}"#, "<html>"] {
        assert!(KeySet::parse(other.as_bytes()).is_err(), "{other}");
    }
}
