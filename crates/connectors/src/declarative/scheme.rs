//! How a provider signs, as a file declares it.
//!
//! Owns the properties of a signature scheme without its secret. Must not verify a signature.

use super::content::Content;
use super::times::Notation;

/// How signatures are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    /// HMAC under a secret.
    HmacSha256,
    /// HMAC with SHA-512, under a secret.
    HmacSha512,
    /// RSA with PKCS#1 v1.5 and SHA-256, under a public key.
    RsaSha256,
    /// Ed25519, under a public key.
    Ed25519,
    /// Standard Webhooks, version 1.
    StandardWebhooks,
    /// No signature: the header contains the secret itself.
    SharedSecret,
}

impl Scheme {
    /// The scheme with this name in files.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "hmac-sha256" => Self::HmacSha256,
            "hmac-sha512" => Self::HmacSha512,
            "rsa-sha256" => Self::RsaSha256,
            "ed25519" => Self::Ed25519,
            "standard-webhooks" => Self::StandardWebhooks,
            "shared-secret" => Self::SharedSecret,
            _ => return None,
        })
    }

    /// Whether the configured value is a public key and so not secret.
    pub(super) fn has_public_key(self) -> bool {
        matches!(self, Self::RsaSha256 | Self::Ed25519)
    }

    /// Whether a header holds an encoded signature over a content.
    pub(super) fn has_content(self) -> bool {
        !matches!(self, Self::StandardWebhooks | Self::SharedSecret)
    }
}

/// How a signature's bytes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Upper or lower case.
    Hex,
    /// Standard or URL-safe alphabet, padded or not.
    Base64,
}

/// A header, or one part of a header that is a list such as `t=1,v1=abc`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The header's name, in lower case.
    pub(super) header: String,
    /// The part's name.
    pub(super) part: Option<String>,
}

/// The signed time.
#[derive(Clone, Debug)]
pub(super) struct Stamp {
    pub(super) place: Place,
    pub(super) notation: Notation,
    /// In seconds, either way.
    pub(super) tolerance: i64,
}

/// Everything about a signature but its secret.
#[derive(Clone, Debug)]
pub(super) struct Signature {
    pub(super) scheme: Scheme,
    pub(super) place: Place,
    pub(super) prefix: String,
    pub(super) encoding: Encoding,
    pub(super) content: Content,
    pub(super) stamp: Option<Stamp>,
    /// The header that holds the signed id.
    pub(super) id_header: Option<String>,
}
