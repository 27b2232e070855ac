//! The signature schemes that several providers share.
//!
//! Owns HMAC, Standard Webhooks, signatures that carry a time, public keys, JWS and the notations of digests. Must not
//! know which provider uses which.

mod digest;
mod hmac_keys;
mod jwk;
mod jws;
mod public_key;
mod standard_webhooks;
mod timestamped;
mod tolerance;
#[cfg(test)]
mod wycheproof;

pub(crate) use digest::{
    Digest256, bytes_from_base64, event_key, from_base64, from_hex, from_prefixed_hex, sha256_hex,
};
pub(crate) use hmac_keys::{Hash, HmacKeys};
pub(crate) use jwk::from_jwk;
pub(crate) use jws::Jws;
pub(crate) use public_key::{Curve, PublicKey};
pub(crate) use standard_webhooks::{has_standard_headers, sign_standard, verify_standard};
pub(crate) use timestamped::{sign_timestamped, verify_timestamped};
pub(crate) use tolerance::check_time;
