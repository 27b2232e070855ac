//! The signature schemes that several providers share.
//!
//! Owns HMAC-SHA256, Standard Webhooks and the notations of digests. Must not know which provider uses which.

mod digest;
mod hmac_keys;
mod standard_webhooks;

pub(crate) use digest::{Digest256, from_base64, from_hex, from_prefixed_hex, sha256_hex};
pub(crate) use hmac_keys::HmacKeys;
pub(crate) use standard_webhooks::{has_standard_headers, sign_standard, verify_standard};
