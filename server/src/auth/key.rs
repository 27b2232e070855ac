//! A key that verifies the signatures of tokens.
//!
//! Owns the requirements on a key: one that cannot verify safely is refused when it is read, not when the first token
//! arrives. Must not know where keys come from, nor which key a token names.

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    RsaSubjectPublicKey,
};
use jsonwebtoken::DecodingKey;

use super::jws::{Algorithm, Jws};
use super::roca;

/// The shortest secret of HS256, in bytes (RFC 7518, 3.2).
pub const SHORTEST_SECRET: usize = 32;
/// The smallest and the largest RSA key, in bits (RFC 7518, 3.3).
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;
/// The length of a P-256 coordinate and of an Ed25519 key, in bytes.
const COORDINATE: usize = 32;

/// Why a key is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It is shorter than [`SHORTEST_SECRET`].
    #[error("a secret must have at least {SHORTEST_SECRET} bytes")]
    ShortSecret,
    /// It is not a PEM, or a PEM of something other than a public key.
    #[error("it is not a PEM-encoded RSA, P-256 or Ed25519 public key")]
    Unreadable,
    /// There is more than one PEM.
    #[error("it contains several keys, but only one is allowed: publish a key set and set JWT_JWKS_URL instead")]
    Several,
    /// It has the wrong length, or is a point that is not on the curve.
    #[error("it is not a valid key of its type")]
    Invalid,
    /// Its modulus is too short or too long.
    #[error("an RSA key must have between {} and {} bits", RSA_BITS.start(), RSA_BITS.end())]
    RsaSize,
    /// Its exponent or its generator makes it insecure.
    #[error("it is a weak RSA key: its private key can be computed")]
    WeakRsa,
}

/// An HS256 secret.
pub struct HmacKey(hmac::Key);

impl HmacKey {
    /// Makes a key of these bytes.
    pub fn new(secret: &[u8]) -> Result<Self, KeyError> {
        if secret.len() < SHORTEST_SECRET {
            return Err(KeyError::ShortSecret);
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, secret)))
    }

    /// Whether this key signed a token.
    pub fn has_signed(&self, token: &Jws<'_>) -> bool {
        token.algorithm() == Algorithm::Hs256 && hmac::verify(&self.0, token.signed(), token.signature()).is_ok()
    }
}

/// The public half of a key pair, for exactly one algorithm.
#[derive(Clone)]
pub struct PublicKey {
    algorithm: Algorithm,
    key: ParsedPublicKey,
}

impl PublicKey {
    /// Reads a key from a PEM.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        if pem.matches("-----BEGIN ").count() > 1 {
            return Err(KeyError::Several);
        }
        let pem = pem.as_bytes();
        if let Ok(key) = DecodingKey::from_rsa_pem(pem) {
            let key = RsaSubjectPublicKey::from_der(bytes(&key)?).map_err(|_| KeyError::Unreadable)?;
            let (n, e) = (key.modulus(), key.exponent());
            return Self::rsa(n.big_endian_without_leading_zero(), e.big_endian_without_leading_zero());
        }
        if let Ok(key) = DecodingKey::from_ec_pem(pem) {
            let key = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, bytes(&key)?);
            return Ok(Self { algorithm: Algorithm::Es256, key: key.map_err(|_| KeyError::Unreadable)? });
        }
        let key = DecodingKey::from_ed_pem(pem).map_err(|_| KeyError::Unreadable)?;
        Self::ed25519(bytes(&key)?)
    }

    /// An RSA key from its modulus and exponent, both big-endian.
    pub(super) fn rsa(n: &[u8], e: &[u8]) -> Result<Self, KeyError> {
        let (n, e) = (without_leading_zeros(n), without_leading_zeros(e));
        if !RSA_BITS.contains(&bits(n)) {
            return Err(KeyError::RsaSize);
        }
        let is_odd = |number: &[u8]| number.last().is_some_and(|byte| byte % 2 == 1);
        if bits(e) < 2 || !is_odd(e) || !is_odd(n) || roca::is_weak(n) {
            return Err(KeyError::WeakRsa);
        }
        let key = RsaPublicKeyComponents { n, e }.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256);
        Ok(Self { algorithm: Algorithm::Rs256, key: key.map_err(|_| KeyError::Invalid)? })
    }

    /// A P-256 key from the coordinates of its point, which must be on the curve.
    pub(super) fn p256(x: &[u8], y: &[u8]) -> Result<Self, KeyError> {
        if x.len() != COORDINATE || y.len() != COORDINATE {
            return Err(KeyError::Invalid);
        }
        let point = [&[4], x, y].concat();
        let key = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).map_err(|_| KeyError::Invalid)?;
        Ok(Self { algorithm: Algorithm::Es256, key })
    }

    /// An Ed25519 key.
    pub(super) fn ed25519(key: &[u8]) -> Result<Self, KeyError> {
        if key.len() != COORDINATE {
            return Err(KeyError::Invalid);
        }
        let key = ParsedPublicKey::new(&ED25519, key).map_err(|_| KeyError::Invalid)?;
        Ok(Self { algorithm: Algorithm::EdDsa, key })
    }

    /// The algorithm that this key verifies.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Whether this key signed a token.
    pub fn has_signed(&self, token: &Jws<'_>) -> bool {
        token.algorithm() == self.algorithm && self.key.verify_sig(token.signed(), token.signature()).is_ok()
    }

    /// Whether both are the same key.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.algorithm == other.algorithm && self.key.as_ref() == other.key.as_ref()
    }
}

fn bytes(key: &DecodingKey) -> Result<&[u8], KeyError> {
    key.try_get_as_bytes().map_err(|_| KeyError::Unreadable)
}

/// Some libraries write leading zeros in front of a modulus, which RFC 7518, 6.3.1.1 warns of.
fn without_leading_zeros(number: &[u8]) -> &[u8] {
    let first = number.iter().position(|byte| *byte != 0).unwrap_or(number.len());
    &number[first..]
}

fn bits(number: &[u8]) -> usize {
    number.first().map_or(0, |first| number.len() * 8 - first.leading_zeros() as usize)
}

#[cfg(test)]
mod tests;
