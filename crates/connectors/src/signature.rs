//! The signature schemes that several providers share.
//!
//! Owns HMAC-SHA256, Standard Webhooks and the `sha256=<hex>` form; every comparison is in constant
//! time. Must not know which provider uses which.
//!
//! Standard Webhooks: <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::VerifyError;
use crate::delivery::{Headers, TOLERANCE_SECONDS};

/// An HMAC-SHA256 or a SHA-256.
pub(crate) type Digest256 = [u8; 32];

/// Secrets come without padding and with bits to spare: the one in Basiq's own documentation has 39
/// characters. Node and Python read it; so does this.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The longest `webhook-id` that is taken, in bytes; Svix's have 31.
const MAX_ID: usize = 256;

/// The keys of one endpoint: any of them verifies, the first one signs. None of them is empty. It
/// has no `Debug`, so that no log can show it.
#[derive(Clone, Default)]
pub(crate) struct Keys(Vec<Vec<u8>>);

impl Keys {
    /// Each secret's text as it stands. A prefix without a secret is as empty for these as it is for
    /// Standard Webhooks: it must not become a key that everybody knows.
    pub(crate) fn literal(secrets: &[String]) -> Self {
        let used = secrets.iter().filter(|secret| !without_prefix(secret).is_empty());
        Self(used.map(|secret| secret.clone().into_bytes()).collect())
    }

    /// Standard Webhooks' secrets: base64 after an optional `whsec_`.
    ///
    /// What is not base64 is used as the text it is. It can be nothing else than a literal key, and a
    /// mistyped one still only matches its own signatures; refusing it would lock out a secret that
    /// was agreed upon as text. (The `rfiuheo43934` of Basiq's reference *is* base64, without the
    /// prefix, and is decoded like any other.)
    pub(crate) fn standard_webhooks(secrets: &[String]) -> Self {
        let key = |secret: &String| {
            let text = without_prefix(secret);
            LENIENT.decode(text).unwrap_or_else(|_| text.as_bytes().to_vec())
        };
        Self(secrets.iter().map(key).filter(|key| !key.is_empty()).collect())
    }

    /// Whether there is nothing to verify with.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The HMAC under the first key.
    pub(crate) fn sign(&self, parts: &[&[u8]]) -> Option<Digest256> {
        self.0.first().and_then(|key| hmac_sha256(key, parts))
    }

    /// Whether any key gives any of the signatures. All are compared, whichever matches.
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

/// What of a secret of Standard Webhooks is to be decoded.
fn without_prefix(secret: &str) -> &str {
    let text = secret.trim();
    text.strip_prefix("whsec_").unwrap_or(text)
}

/// Nothing never happens: HMAC takes keys of any length.
fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> Option<Digest256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    for part in parts {
        mac.update(part);
    }
    Some(mac.finalize().into_bytes().into())
}

/// The SHA-256 of some bytes in hex: what tells a delivery from others where it carries no id.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// A digest written in hex, in either case.
pub(crate) fn from_hex(text: &str) -> Option<Digest256> {
    let mut digest = Digest256::default();
    hex::decode_to_slice(text, &mut digest).ok()?;
    Some(digest)
}

/// A digest written in base64, in either alphabet (RFC 4648, sections 4 and 5), with padding or without.
pub(crate) fn from_base64(text: &str) -> Option<Digest256> {
    LENIENT.decode(text.replace('-', "+").replace('_', "/")).ok()?.try_into().ok()
}

/// A digest in the form `sha256=<hex>`.
pub(crate) fn from_prefixed_hex(text: &str) -> Option<Digest256> {
    let (scheme, hex) = text.split_once('=')?;
    from_hex(hex).filter(|_| scheme.eq_ignore_ascii_case("sha256"))
}

/// The three headers of Standard Webhooks in the order id, time, signatures; and the names Svix's
/// own brand gives them, which its libraries accept as well.
const NAMES: [&str; 3] = ["webhook-id", "webhook-timestamp", "webhook-signature"];
const SVIX_NAMES: [&str; 3] = ["svix-id", "svix-timestamp", "svix-signature"];

/// The names in use: those of the first family that is complete, else of the first of which there is any header.
fn names_in_use(headers: &Headers) -> Option<[&'static str; 3]> {
    let is_there = |name: &&str| headers.values(name).any(|value| !value.is_empty());
    let families = [NAMES, SVIX_NAMES];
    let complete = families.into_iter().find(|names| names.iter().all(is_there));
    complete.or_else(|| families.into_iter().find(|names| names.iter().any(|name| headers.get(name).is_some())))
}

/// Whether any header of Standard Webhooks is there.
pub(crate) fn has_standard_headers(headers: &Headers) -> bool {
    names_in_use(headers).is_some()
}

/// Verifies Standard Webhooks' `v1` and gives the message's id, which every attempt repeats.
///
/// The signed content is built from the time stamp's text, once that is nothing but digits: a number
/// that is parsed and written again would let `+1614265330` pass for `1614265330`. An id with a dot is
/// refused, as it could move the borders between the signed parts.
pub(crate) fn verify_standard(
    keys: &Keys,
    headers: &Headers,
    body: &[u8],
    now: Timestamp,
) -> Result<String, VerifyError> {
    let [id_name, time_name, signature_name] = names_in_use(headers).unwrap_or(NAMES);
    let (id, time) = (headers.single(id_name)?, headers.single(time_name)?);
    let signatures = v1_signatures(headers, signature_name);
    if headers.list(signature_name).next().is_none() {
        return Err(VerifyError::Missing(signature_name));
    }
    if id.len() > MAX_ID || id.contains('.') || !time.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(VerifyError::Mismatch);
    }
    // Digits that do not fit are a time far away.
    let seconds: i64 = time.parse().map_err(|_| VerifyError::Stale)?;
    if now.as_second().abs_diff(seconds) > TOLERANCE_SECONDS.unsigned_abs() {
        return Err(VerifyError::Stale);
    }
    let content: [&[u8]; 5] = [id.as_bytes(), b".", time.as_bytes(), b".", body];
    if keys.verify(&content, &signatures) { Ok(id.to_owned()) } else { Err(VerifyError::Mismatch) }
}

/// The signatures of version 1, from every line. `v1,<base64>` is two members of a list with commas in it, as which
/// lines are read that a proxy has joined.
fn v1_signatures(headers: &Headers, name: &str) -> Vec<Digest256> {
    let mut members = headers.list(name);
    let mut signatures = Vec::new();
    while let Some(version) = members.next() {
        if version == "v1" {
            signatures.extend(members.next().and_then(from_base64));
        }
    }
    signatures
}

/// The headers of Standard Webhooks for a body, signed with the first key.
pub(crate) fn sign_standard(keys: &Keys, id: &str, body: &[u8], now: Timestamp) -> Option<Vec<(String, String)>> {
    let time = now.as_second().to_string();
    let mac = keys.sign(&[id.as_bytes(), b".", time.as_bytes(), b".", body])?;
    let signature = format!("v1,{}", STANDARD.encode(mac));
    let values = [id.to_owned(), time, signature];
    Some(NAMES.iter().map(|name| (*name).to_owned()).zip(values).collect())
}
