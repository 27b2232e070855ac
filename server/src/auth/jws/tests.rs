//! The examples of RFC 7515 and RFC 8037, and malformed tokens.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::*;
use crate::auth::key::{HmacKey, PublicKey};
use crate::auth::key_set::KeySet;

/// The claims of RFC 7515, A.1 to A.5.
const JOE: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const A1_SIGNATURE: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const A2_SIGNATURE: &str = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
const A3_SIGNATURE: &str = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

fn decoded(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).expect("base64url")
}

fn hs256_key() -> HmacKey {
    let key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    HmacKey::new(&decoded(key)).expect("a key")
}

fn rs256_key() -> PublicKey {
    let n = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
    PublicKey::rsa(&decoded(n), &decoded("AQAB")).expect("a key")
}

fn es256_key() -> PublicKey {
    let x = decoded("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU");
    PublicKey::p256(&x, &decoded("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")).expect("a key")
}

fn parse(header: &serde_json::Value) -> Result<(), Refusal> {
    refusal(&header.to_string())
}

fn refusal(header: &str) -> Result<(), Refusal> {
    Jws::parse(&format!("{}.{JOE}.", URL_SAFE_NO_PAD.encode(header))).map(drop)
}

#[test]
fn a_token_of_hs256_is_good_as_in_rfc_7515_a_1() {
    let token = format!("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{JOE}.{A1_SIGNATURE}");
    let token = Jws::parse(&token).expect("a token");
    assert!(hs256_key().has_signed(&token));
    assert_eq!(token.payload(), b"{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}");
    assert!(!rs256_key().has_signed(&token) && !es256_key().has_signed(&token));
}

#[test]
fn a_token_of_rs256_is_good_as_in_rfc_7515_a_2() {
    let token = format!("eyJhbGciOiJSUzI1NiJ9.{JOE}.{A2_SIGNATURE}");
    let token = Jws::parse(&token).expect("a token");
    assert!(rs256_key().has_signed(&token));
    assert!(!hs256_key().has_signed(&token) && !es256_key().has_signed(&token));
}

#[test]
fn a_token_of_es256_is_good_as_in_rfc_7515_a_3() {
    let token = format!("eyJhbGciOiJFUzI1NiJ9.{JOE}.{A3_SIGNATURE}");
    let token = Jws::parse(&token).expect("a token");
    assert!(es256_key().has_signed(&token));
    assert!(!hs256_key().has_signed(&token) && !rs256_key().has_signed(&token));
}

#[test]
fn a_token_of_es512_is_refused_though_rfc_7515_a_4_signs_with_it() {
    assert_eq!(refusal(r#"{"alg":"ES512"}"#), Err(Refusal::Algorithm));
}

#[test]
fn an_unsigned_token_is_refused_as_in_rfc_7515_a_5() {
    assert_eq!(Jws::parse(&format!("eyJhbGciOiJub25lIn0.{JOE}.")).map(drop), Err(Refusal::Algorithm));
    for none in ["None", "NONE", "nOnE", "", "hs256", " HS256"] {
        assert_eq!(parse(&json!({ "alg": none })), Err(Refusal::Algorithm), "{none}");
    }
}

#[test]
fn the_json_serialisations_are_no_tokens_here_though_rfc_7515_a_6_and_a_7_have_them() {
    let flattened = json!({ "payload": JOE, "protected": "eyJhbGciOiJFUzI1NiJ9", "signature": A3_SIGNATURE });
    assert_eq!(Jws::parse(&flattened.to_string()).map(drop), Err(Refusal::Form));
}

#[test]
fn a_token_of_ed25519_is_good_as_in_rfc_8037_a_4_by_either_name() {
    let key = PublicKey::ed25519(&decoded("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")).expect("a key");
    let token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    let token = Jws::parse(token).expect("a token");
    assert!(key.has_signed(&token));
    assert_eq!(token.payload(), b"Example of Ed25519 signing");
    assert_eq!(Algorithm::named("Ed25519"), Some(token.algorithm()));
    assert_eq!(Algorithm::named("Ed448"), None);
}

#[test]
fn a_token_has_three_parts_of_base64url_and_each_has_one_form() {
    let header = "eyJhbGciOiJFUzI1NiJ9";
    let good = format!("{header}.{JOE}.{A3_SIGNATURE}");
    assert!(Jws::parse(&good).is_ok());
    let last = good.len() - 1;
    for bad in [
        String::new(),
        header.to_owned(),
        format!("{header}.{JOE}"),
        format!("{good}."),
        format!("{good}.{JOE}"),
        format!(".{good}"),
        // Padding, white space, the standard base64 alphabet, characters of neither alphabet.
        format!("{good}=="),
        format!("{good} "),
        format!(" {good}"),
        format!("{header}.{JOE}\n.{A3_SIGNATURE}"),
        good.replace('-', "+"),
        format!("{header}.{JOE}.{}", A2_SIGNATURE.replace('_', "/")),
        format!("{header}?.{JOE}.{A3_SIGNATURE}"),
        // The signature's last character has four unused bits, which must be zero.
        format!("{}R", &good[..last]),
        // Longer than the longest accepted token.
        format!("{header}.{}.{A3_SIGNATURE}", "A".repeat(8192)),
    ] {
        assert_eq!(Jws::parse(&bad).map(drop), Err(Refusal::Form), "{bad}");
    }
}

#[test]
fn a_signature_of_es256_has_64_bytes_and_is_not_der() {
    let signature = decoded(A3_SIGNATURE);
    let is_good = |signature: &[u8]| {
        let token = format!("eyJhbGciOiJFUzI1NiJ9.{JOE}.{}", URL_SAFE_NO_PAD.encode(signature));
        es256_key().has_signed(&Jws::parse(&token).expect("a token"))
    };
    assert!(is_good(&signature));
    let (r, s) = signature.split_at(32);
    // The first byte of `s` has its highest bit set: DER writes a zero in front.
    let der = [&[0x30, 69, 2, 32], r, &[2, 33, 0], s].concat();
    let padded = [&[0], r, &[0], s].concat();
    for bad in [&der, &padded, &signature[..63], &[&signature[..], &[0]].concat(), &[0; 64], &[]] {
        assert!(!is_good(bad), "{bad:?}");
    }
}

#[test]
fn what_changes_how_a_token_is_read_is_refused() {
    for (name, value) in [
        ("crit", json!(["exp"])),
        ("crit", json!(["b64"])),
        ("crit", json!([])),
        ("crit", json!(null)),
        ("b64", json!(false)),
        ("b64", json!("true")),
        ("zip", json!("DEF")),
        ("enc", json!("A256GCM")),
    ] {
        assert_eq!(parse(&json!({ "alg": "HS256", name: value })), Err(Refusal::Extension), "{name}: {value}");
    }
    assert_eq!(parse(&json!({ "alg": "HS256", "b64": true })), Ok(()));
}

#[test]
fn other_kinds_of_tokens_are_refused_as_rfc_8725_3_11_advises() {
    for typ in ["JWT", "jwt", "at+jwt", "application/at+jwt", "Application/JWT"] {
        assert_eq!(parse(&json!({ "alg": "HS256", "typ": typ })), Ok(()), "{typ}");
    }
    for typ in ["logout+jwt", "dpop+jwt", "secevent+jwt", "JOSE", "", "application/", "rt+jwt"] {
        assert_eq!(parse(&json!({ "alg": "HS256", "typ": typ })), Err(Refusal::Kind), "{typ}");
    }
    for cty in ["JWT", "jwt", "application/jwt"] {
        assert_eq!(parse(&json!({ "alg": "HS256", "cty": cty })), Err(Refusal::Kind), "{cty}");
    }
    assert_eq!(parse(&json!({ "alg": "HS256", "cty": "json" })), Ok(()));
}

#[test]
fn members_of_a_header_are_unique_and_those_that_are_used_have_their_type() {
    for header in [
        r#"{"alg":"none","alg":"HS256"}"#,
        r#"{"alg":"HS256","alg":"HS256"}"#,
        r#"{"alg":"HS256","kid":"a","kid":"b"}"#,
        r#"{"alg":"HS256","x":1,"\u0078":2}"#,
        r#"{"alg":"HS256","kid":7}"#,
        r#"{"alg":"HS256","typ":["JWT"]}"#,
        r#"{"alg":["HS256"]}"#,
        r#"{"alg":256}"#,
        r#"["HS256"]"#,
        "\u{feff}{\"alg\":\"HS256\"}",
    ] {
        assert_eq!(refusal(header), Err(Refusal::Header), "{header}");
    }
    assert_eq!(parse(&json!({})), Err(Refusal::Algorithm));
    // Unused header members may have any type.
    let odd = json!({ "alg": "HS256", "jwk": 1, "jku": {}, "x5u": [], "x5c": "text", "x5t": null, "kid": null });
    assert_eq!(parse(&odd), Ok(()));
}

#[test]
fn a_key_in_the_header_is_not_the_one_that_counts() {
    // The key of A.3, which the token itself offers.
    let own = json!({ "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" });
    let header =
        json!({ "alg": "ES256", "jwk": own, "jku": "https://evil.example/keys", "x5u": "https://evil.example/" });
    let token = format!("{}.{JOE}.{A3_SIGNATURE}", URL_SAFE_NO_PAD.encode(header.to_string()));
    let token = Jws::parse(&token).expect("a token");
    assert!(KeySet::parse(br#"{"keys":[]}"#).expect("a set").find(&token).is_none());
}
