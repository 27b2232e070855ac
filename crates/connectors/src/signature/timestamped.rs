//! Signatures that carry their time: `t=<seconds>,v1=<hex>`, as Stripe and Teller write them.
//!
//! Owns the header's form and the signed content. Must not know which provider uses it.

use jiff::Timestamp;

use super::digest::{Digest256, from_hex};
use super::hmac_keys::HmacKeys;
use super::tolerance::check_time;
use crate::delivery::Headers;
use crate::error::VerifyError;

/// Verifies an HMAC-SHA256 of the time's text, a dot and the body. Any `v1` counts, because several secrets sign during
/// a change of secret; other schemes (`v0`) do not. Two different times are refused: the sender could choose which of
/// them was signed.
pub(crate) fn verify_timestamped(
    keys: &HmacKeys,
    (headers, name): (&Headers, &'static str),
    body: &[u8],
    tolerance: i64,
    now: Timestamp,
) -> Result<(), VerifyError> {
    if headers.list(name).next().is_none() {
        return Err(VerifyError::Missing(name.into()));
    }
    let members = || headers.list(name).filter_map(|member| member.split_once('='));
    let values = |wanted: &'static str| members().filter(move |(key, _)| *key == wanted).map(|(_, value)| value);
    let time = values("t").next().ok_or(VerifyError::Mismatch)?;
    if values("t").any(|other| other != time) {
        return Err(VerifyError::Ambiguous(name.into()));
    }
    if time.is_empty() || !time.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(VerifyError::Mismatch);
    }
    // A number too large to parse is a time far away.
    check_time(time.parse().map_err(|_| VerifyError::Stale)?, tolerance, now)?;
    let signatures: Vec<Digest256> = values("v1").filter_map(from_hex).collect();
    if keys.verify(&[time.as_bytes(), b".", body], &signatures) { Ok(()) } else { Err(VerifyError::Mismatch) }
}

/// The header's value for a body, signed with the first key.
pub(crate) fn sign_timestamped(keys: &HmacKeys, body: &[u8], now: Timestamp) -> Option<String> {
    let time = now.as_second().to_string();
    let mac = keys.sign(&[time.as_bytes(), b".", body])?;
    Some(format!("t={time},v1={}", hex::encode(mac)))
}
