//! Why a delivery is refused.
//!
//! Owns both reasons: it is not authentic, or it is not in the provider's form. Must not know HTTP.

use std::borrow::Cow;

use crate::keys::KeyId;

/// How far a signed time may be from now, in either direction, if the provider specifies nothing else (Standard
/// Webhooks' reference libraries).
pub(crate) const TOLERANCE_SECONDS: i64 = 300;

/// Why a delivery is refused before any of it is trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// No secret is configured: no signature can be checked.
    #[error("no secret is configured")]
    NotConfigured,
    /// A header that the scheme needs is missing.
    #[error("the header {0} is missing")]
    Missing(Cow<'static, str>),
    /// A header that may have only one value has two.
    #[error("the header {0} has two different values")]
    Ambiguous(Cow<'static, str>),
    /// No configured secret produces the signature that was sent.
    #[error("the signature does not match")]
    Mismatch,
    /// The signed time is more than the tolerance away from now.
    #[error("the signature's time is too far from now")]
    Stale,
    /// The scheme needs the body's JSON, but the body is not JSON or not safe to read.
    #[error("the body cannot be read: {0}")]
    Unreadable(String),
    /// The provider's key for the signature is not available now. The delivery is neither good nor bad.
    #[error("the provider's key {0} is not available now")]
    KeyUnavailable(KeyId),
}

/// An authentic body that does not have this provider's shape at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub String);
