//! HMAC under the keys of one endpoint.
//!
//! Owns the keys and the constant-time comparison. Must not know how a key or a signature is written in a header.

use base64::Engine as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Sha256, Sha512};
use subtle::ConstantTimeEq as _;

use super::digest::{Digest256, LENIENT};

/// The hash of an HMAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha256,
    Sha512,
}

/// The keys of one endpoint: any of them verifies, the first one signs. None of them is empty. It has no `Debug`, so
/// that no log can show it.
#[derive(Clone, Default)]
pub(crate) struct HmacKeys(Vec<Vec<u8>>);

impl HmacKeys {
    /// The literal text of each secret. A prefix without a secret counts as empty here, as in Standard Webhooks: it
    /// must not become a publicly known key.
    pub(crate) fn literal(secrets: &[String]) -> Self {
        let used = secrets.iter().filter(|secret| !without_prefix(secret).is_empty());
        Self(used.map(|secret| secret.clone().into_bytes()).collect())
    }

    /// Standard Webhooks' secrets: base64 after an optional `whsec_`.
    ///
    /// A secret that is not base64 is used literally. It can only be a literal key, and a mistyped one still only
    /// matches its own signatures; refusing it would lock out a secret that was agreed upon as text. (The
    /// `rfiuheo43934` of Basiq's reference *is* base64, without the prefix, and is decoded like any other.)
    pub(crate) fn standard_webhooks(secrets: &[String]) -> Self {
        let key = |secret: &String| {
            let text = without_prefix(secret);
            LENIENT.decode(text).unwrap_or_else(|_| text.as_bytes().to_vec())
        };
        Self(secrets.iter().map(key).filter(|key| !key.is_empty()).collect())
    }

    /// Whether there is no key to verify with.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first key, which signs.
    pub(crate) fn first(&self) -> Option<&[u8]> {
        self.0.first().map(Vec::as_slice)
    }

    /// Whether a text is one of the keys. The comparison may reveal their lengths, but not their contents.
    pub(crate) fn has_key(&self, text: &[u8]) -> bool {
        let mut matched = subtle::Choice::from(0);
        for key in &self.0 {
            matched |= key.as_slice().ct_eq(text);
        }
        matched.into()
    }

    /// The HMAC with a hash under the first key.
    pub(crate) fn sign_with(&self, hash: Hash, parts: &[&[u8]]) -> Option<Vec<u8>> {
        self.first().and_then(|key| hmac(hash, key, parts))
    }

    /// Whether any key gives any of the signatures with a hash. All are compared, even after a match.
    pub(crate) fn verify_with(&self, hash: Hash, parts: &[&[u8]], signatures: &[Vec<u8>]) -> bool {
        let mut matched = subtle::Choice::from(0);
        for mac in self.0.iter().filter_map(|key| hmac(hash, key, parts)) {
            for signature in signatures {
                matched |= mac.as_slice().ct_eq(signature);
            }
        }
        matched.into()
    }

    /// The HMAC under the first key.
    pub(crate) fn sign(&self, parts: &[&[u8]]) -> Option<Digest256> {
        self.0.first().and_then(|key| hmac_sha256(key, parts))
    }

    /// Whether any key gives any of the signatures. All are compared, even after a match.
    pub(crate) fn verify(&self, parts: &[&[u8]], signatures: &[Digest256]) -> bool {
        let mut matched = subtle::Choice::from(0);
        for mac in self.0.iter().filter_map(|key| hmac_sha256(key, parts)) {
            for signature in signatures {
                matched |= mac.ct_eq(signature);
            }
        }
        matched.into()
    }
}

/// The part of a Standard Webhooks secret that is decoded.
fn without_prefix(secret: &str) -> &str {
    let text = secret.trim();
    text.strip_prefix("whsec_").unwrap_or(text)
}

fn hmac(hash: Hash, key: &[u8], parts: &[&[u8]]) -> Option<Vec<u8>> {
    match hash {
        Hash::Sha256 => hmac_sha256(key, parts).map(Vec::from),
        Hash::Sha512 => {
            let mut mac = Hmac::<Sha512>::new_from_slice(key).ok()?;
            for part in parts {
                mac.update(part);
            }
            Some(mac.finalize().into_bytes().to_vec())
        }
    }
}

/// Always succeeds: HMAC takes keys of any length.
fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> Option<Digest256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    for part in parts {
        mac.update(part);
    }
    Some(mac.finalize().into_bytes().into())
}
