//! The public halves of key pairs.
//!
//! Owns reading them and verifying a signature. Must not know where a key comes from.

use std::fmt;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P521_SHA512_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
    VerificationAlgorithm,
};

use super::digest::bytes_from_base64;

/// A curve with the hash that its signatures use (RFC 7518, section 3.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Curve {
    /// ES256.
    P256,
    /// ES512.
    P521,
}

impl Curve {
    /// The name of the algorithm, as `alg` writes it.
    pub(crate) fn algorithm(self) -> &'static str {
        match self {
            Self::P256 => "ES256",
            Self::P521 => "ES512",
        }
    }

    /// Its name, as `crv` writes it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P521 => "P-521",
        }
    }

    /// The length of a coordinate in bytes.
    fn coordinate(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P521 => 66,
        }
    }

    fn verification(self) -> &'static dyn VerificationAlgorithm {
        match self {
            Self::P256 => &ECDSA_P256_SHA256_FIXED,
            Self::P521 => &ECDSA_P521_SHA512_FIXED,
        }
    }
}

/// A public key, for exactly one algorithm.
#[derive(Clone)]
pub(crate) struct PublicKey(ParsedPublicKey);

impl PublicKey {
    /// A point by its coordinates, which must be on the curve. Some providers omit the leading zeros of a coordinate,
    /// which RFC 7518 (section 6.2.1.2) forbids: TrueLayer's sandbox does.
    pub(crate) fn point(curve: Curve, x: &[u8], y: &[u8]) -> Option<Self> {
        let mut point = vec![4];
        for coordinate in [x, y] {
            let missing = curve.coordinate().checked_sub(coordinate.len())?;
            point.resize(point.len() + missing, 0);
            point.extend_from_slice(coordinate);
        }
        ParsedPublicKey::new(curve.verification(), point).ok().map(Self)
    }

    /// An RSA key of 2,048 to 8,192 bits for PKCS#1 v1.5 with SHA-256, in PEM or as the base64 of its DER (PKCS#1 or X.509).
    pub(crate) fn rsa(text: &str) -> Option<Self> {
        ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der(text)?).ok().map(Self)
    }

    /// An Ed25519 key, in PEM, as the base64 of its DER (X.509), or as its 32 bytes in base64 or hex.
    pub(crate) fn ed25519(text: &str) -> Option<Self> {
        let bytes = hex::decode(text.trim()).ok().filter(|bytes| bytes.len() == 32).or_else(|| der(text))?;
        ParsedPublicKey::new(&ED25519, bytes).ok().map(Self)
    }

    /// Whether this key has signed some bytes.
    pub(crate) fn has_signed(&self, bytes: &[u8], signature: &[u8]) -> bool {
        self.0.verify_sig(bytes, signature).is_ok()
    }
}

/// The bytes of a PEM, or of plain base64.
fn der(text: &str) -> Option<Vec<u8>> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with("-----"));
    bytes_from_base64(&lines.collect::<String>())
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_that_is_too_long_or_not_on_the_curve_is_no_key() {
        for (x, y) in
            [(vec![1; 33], vec![1; 32]), (vec![1; 32], vec![1; 33]), (vec![1; 32], vec![1; 32]), (vec![], vec![])]
        {
            assert!(PublicKey::point(Curve::P256, &x, &y).is_none());
            assert!(PublicKey::point(Curve::P521, &x, &y).is_none());
        }
    }

    #[test]
    fn what_is_no_rsa_key_is_none() {
        for text in ["", "MIIB", "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----", "not base64 at all!"] {
            assert!(PublicKey::rsa(text).is_none(), "{text}");
        }
    }
}
