//! Parsing a signed token: JSON Web Signature in its compact form (RFC 7515).
//!
//! Owns the syntax of a token, and which headers are accepted. Must not hold a key: verifying a signature is up to the
//! key ([`super::key`]). Keys and addresses in a header (`jwk`, `jku`, `x5c`, `x5u`) are chosen by the sender and are
//! never used.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::members::{Members, WrongType};
use super::refusal::Refusal;

/// The longest token that is parsed, in bytes. A real one has a few hundred.
const LONGEST_TOKEN: usize = 8192;

/// The accepted signature algorithms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// HMAC with SHA-256.
    Hs256,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// ECDSA with P-256 and SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// The algorithm with this name, which is case-sensitive. RFC 9864 adds the name `Ed25519`.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "HS256" => Some(Self::Hs256),
            "RS256" => Some(Self::Rs256),
            "ES256" => Some(Self::Es256),
            "EdDSA" | "Ed25519" => Some(Self::EdDsa),
            _ => None,
        }
    }
}

/// A well-formed token. Nothing in it is verified.
#[derive(Debug)]
pub struct Jws<'a> {
    algorithm: Algorithm,
    kid: Option<String>,
    signed: &'a str,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

impl<'a> Jws<'a> {
    /// Parses a token.
    pub fn parse(token: &'a str) -> Result<Self, Refusal> {
        if token.len() > LONGEST_TOKEN {
            return Err(Refusal::Form);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(Refusal::Form)?;
        let (header, payload) = signed.split_once('.').ok_or(Refusal::Form)?;
        // No padding, white space or non-zero trailing bits: a token has exactly one valid encoding (RFC 7515, 2). A
        // further dot is not in the alphabet and fails to decode.
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| Refusal::Form);
        let (header, payload, signature) = (decode(header)?, decode(payload)?, decode(signature)?);
        let header = Members::read(&header).ok_or(Refusal::Header)?;
        let algorithm: Option<String> = header.get("alg")?;
        let algorithm = algorithm.as_deref().and_then(Algorithm::named).ok_or(Refusal::Algorithm)?;
        refuse_extensions(&header)?;
        refuse_other_kinds(&header)?;
        Ok(Self { algorithm, kid: header.get("kid")?, signed, payload, signature })
    }

    /// The algorithm that the header names.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The key id in the header.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The bytes that the signature covers.
    pub(super) fn signed(&self) -> &[u8] {
        self.signed.as_bytes()
    }

    pub(super) fn signature(&self) -> &[u8] {
        &self.signature
    }

    pub(super) fn payload(&self) -> &[u8] {
        &self.payload
    }
}

impl From<WrongType> for Refusal {
    fn from(_: WrongType) -> Self {
        Self::Header
    }
}

/// Refuses header members that change how the rest is read, since none is supported here: `crit` lists such members and
/// must not be ignored (RFC 7515, 4.1.11).
fn refuse_extensions(header: &Members) -> Result<(), Refusal> {
    let is_unencoded = header.has("b64") && header.get("b64") != Ok(Some(true));
    if is_unencoded || ["crit", "zip", "enc"].iter().any(|name| header.has(name)) {
        return Err(Refusal::Extension);
    }
    Ok(())
}

/// Refuses other kinds of tokens that the same keys sign, such as logout tokens, security events and proofs of
/// possession, which `typ` identifies. A nested token is identified by `cty`.
fn refuse_other_kinds(header: &Members) -> Result<(), Refusal> {
    let media_type = |name: &str| -> Result<Option<String>, WrongType> {
        let value = header.get::<String>(name)?.map(|value| value.to_ascii_lowercase());
        Ok(value.map(|value| value.strip_prefix("application/").unwrap_or(&value).to_owned()))
    };
    let is_signed_in_with = media_type("typ")?.is_none_or(|kind| matches!(kind.as_str(), "jwt" | "at+jwt"));
    let is_nested = media_type("cty")?.is_some_and(|kind| kind == "jwt");
    if is_signed_in_with && !is_nested { Ok(()) } else { Err(Refusal::Kind) }
}

#[cfg(test)]
mod tests;
