//! The text forms of digests in headers.
//!
//! Owns hex and base64, as lenient as senders require. Must not know a key.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use sha2::{Digest as _, Sha256};

/// An HMAC-SHA256 or a SHA-256.
pub(crate) type Digest256 = [u8; 32];

/// Secrets come without padding and with surplus bits: the one in Basiq's own documentation has 39 characters. Node and
/// Python decode it, and so does this.
pub(super) const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The SHA-256 of some bytes in hex: the key of a delivery that carries no id.
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
    bytes_from_base64(text)?.try_into().ok()
}

/// Bytes written in base64, equally lenient.
pub(crate) fn bytes_from_base64(text: &str) -> Option<Vec<u8>> {
    LENIENT.decode(text.replace('-', "+").replace('_', "/")).ok()
}

/// A digest in the form `sha256=<hex>`.
pub(crate) fn from_prefixed_hex(text: &str) -> Option<Digest256> {
    let (scheme, hex) = text.split_once('=')?;
    from_hex(hex).filter(|_| scheme.eq_ignore_ascii_case("sha256"))
}

/// The key of a delivery, the same for each attempt: the event's id, if it has one that can be stored, else the body's
/// hash.
pub(crate) fn event_key(id: Option<String>, body: &[u8]) -> String {
    match id {
        Some(id) => format!("event:{id}"),
        None => format!("sha256:{}", sha256_hex(body)),
    }
}
