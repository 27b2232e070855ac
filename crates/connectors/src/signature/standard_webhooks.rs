//! The scheme of Standard Webhooks, version 1.
//!
//! Owns its headers and the signed content. Must not know which provider uses it.
//!
//! <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use super::digest::{Digest256, from_base64};
use super::hmac_keys::HmacKeys;
use super::tolerance::check_time;
use crate::delivery::Headers;
use crate::error::{TOLERANCE_SECONDS, VerifyError};

/// The longest `webhook-id` that is accepted, in bytes; Svix's have 31.
const MAX_ID: usize = 256;

/// The three headers of Standard Webhooks in the order id, time, signatures; and the names under Svix's own brand,
/// which its libraries accept as well.
const NAMES: [&str; 3] = ["webhook-id", "webhook-timestamp", "webhook-signature"];
const SVIX_NAMES: [&str; 3] = ["svix-id", "svix-timestamp", "svix-signature"];

/// The names in use: the first complete family, else the first with any header.
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

/// Verifies Standard Webhooks' `v1` and returns the message's id, which every attempt repeats.
///
/// The signed content is built from the time stamp's text, once that is known to be only digits: parsing the number and
/// writing it again would let `+1614265330` pass for `1614265330`. An id with a dot is refused, because it could shift
/// the boundaries between the signed parts.
pub(crate) fn verify_standard(
    keys: &HmacKeys,
    headers: &Headers,
    body: &[u8],
    now: Timestamp,
) -> Result<String, VerifyError> {
    let [id_name, time_name, signature_name] = names_in_use(headers).unwrap_or(NAMES);
    let (id, time) = (headers.single(id_name)?, headers.single(time_name)?);
    let signatures = v1_signatures(headers, signature_name);
    if headers.list(signature_name).next().is_none() {
        return Err(VerifyError::Missing(signature_name.into()));
    }
    if id.len() > MAX_ID || id.contains('.') || !time.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(VerifyError::Mismatch);
    }
    // A number too large to parse is a time far away.
    let seconds: i64 = time.parse().map_err(|_| VerifyError::Stale)?;
    check_time(seconds, TOLERANCE_SECONDS, now)?;
    let content: [&[u8]; 5] = [id.as_bytes(), b".", time.as_bytes(), b".", body];
    if keys.verify(&content, &signatures) { Ok(id.to_owned()) } else { Err(VerifyError::Mismatch) }
}

/// The signatures of version 1, from every line. `v1,<base64>` is two members of a list separated by commas, which is
/// how lines that a proxy has joined are read.
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
pub(crate) fn sign_standard(keys: &HmacKeys, id: &str, body: &[u8], now: Timestamp) -> Option<Vec<(String, String)>> {
    let time = now.as_second().to_string();
    let mac = keys.sign(&[id.as_bytes(), b".", time.as_bytes(), b".", body])?;
    let signature = format!("v1,{}", STANDARD.encode(mac));
    let values = [id.to_owned(), time, signature];
    Some(NAMES.iter().map(|name| (*name).to_owned()).zip(values).collect())
}
