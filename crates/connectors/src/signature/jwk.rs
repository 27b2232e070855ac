//! Public keys as JSON (JWK, RFC 7517).
//!
//! Owns which members make a point of a curve. Must not know which key of a set is wanted.

use serde_json::value::RawValue;

use super::digest::bytes_from_base64;
use super::public_key::{Curve, PublicKey};
use crate::json::{self, Document};

/// Reads an object as a key, if it is a point of this curve and meant for signatures.
pub(crate) fn from_jwk(jwk: &RawValue, curve: Curve) -> Option<PublicKey> {
    let jwk = Document::open(jwk).ok()??;
    let is = |name: &str, value: &str| jwk.text(&[name]).is_none_or(|found| found == value);
    let is_for_this =
        jwk.text(&["crv"])? == curve.name() && is("kty", "EC") && is("alg", curve.algorithm()) && is("use", "sig");
    let uses = jwk.array(&["key_ops"]).map(|uses| uses.into_iter().filter_map(json::text).collect::<Vec<_>>());
    let is_for_this = is_for_this && uses.is_none_or(|uses| uses.iter().any(|usage| usage == "verify"));
    let coordinate = |name: &str| bytes_from_base64(&jwk.text(&[name])?);
    is_for_this.then(|| PublicKey::point(curve, &coordinate("x")?, &coordinate("y")?))?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::read;
    use crate::signature::Jws;

    /// RFC 7515, appendix A.3.
    const ES256: (&str, &str) = (
        r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#,
        "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
    );
    /// RFC 7515, appendix A.4.
    const ES512: (&str, &str) = (
        r#"{"kty":"EC","crv":"P-521","x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk","y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"}"#,
        "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn",
    );

    #[test]
    fn the_examples_of_rfc_7515_verify_under_their_own_key_only() {
        for ((jwk, token), curve) in [(ES256, Curve::P256), (ES512, Curve::P521)] {
            let key = from_jwk(read(jwk.as_bytes()).unwrap(), curve).unwrap();
            let jws = Jws::split(token).unwrap();
            assert!(key.has_signed(jws.signed(), jws.signature()));
            let mut changed = jws.signed().to_vec();
            changed[30] ^= 1;
            assert!(!key.has_signed(&changed, jws.signature()));
            let other = if curve == Curve::P256 { Curve::P521 } else { Curve::P256 };
            assert!(from_jwk(read(jwk.as_bytes()).unwrap(), other).is_none());
        }
    }

    #[test]
    fn a_key_for_something_else_is_none() {
        for (member, other) in [
            (r#""crv":"P-256""#, r#""crv":"P-384""#),
            (r#""kty":"EC""#, r#""kty":"RSA""#),
            (r#""kty":"EC""#, r#""kty":"EC","use":"enc""#),
            (r#""kty":"EC""#, r#""kty":"EC","alg":"ES512""#),
            (r#""kty":"EC""#, r#""kty":"EC","key_ops":["encrypt"]"#),
            (r#""x":"f8"#, r#""z":"f8"#),
        ] {
            let jwk = ES256.0.replace(member, other);
            assert!(from_jwk(read(jwk.as_bytes()).unwrap(), Curve::P256).is_none(), "{jwk}");
        }
    }
}
