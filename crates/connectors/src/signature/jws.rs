//! Signatures with a header (JWS, RFC 7515, compact form).
//!
//! Owns parsing one. Must not trust any part of it before its signature is verified.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::json::{self, Document};

/// A JWS in its three parts.
pub(crate) struct Jws<'a> {
    /// Header and payload with the dot between them: the signed text.
    signed: &'a str,
    encoded_header: &'a str,
    header: Vec<u8>,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

impl<'a> Jws<'a> {
    /// Splits a JWS; `None` unless it has three parts of canonical base64url.
    pub(crate) fn split(text: &'a str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (encoded_header, payload) = signed.split_once('.')?;
        let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        let (header, payload, signature) = (decoded(encoded_header)?, decoded(payload)?, decoded(signature)?);
        Some(Self { signed, encoded_header, header, payload, signature })
    }

    /// The members of its header; `None` if it is not an object, or names extensions that must be understood (RFC 7515,
    /// section 4.1.11), because none is supported.
    pub(crate) fn header(&self) -> Option<Document<'_>> {
        let header = Document::open(json::read(&self.header).ok()?).ok()??;
        let has_extensions = header.members().any(|member| member.name == "crit");
        (!has_extensions).then_some(header)
    }

    /// The bytes that were signed.
    pub(crate) fn signed(&self) -> &[u8] {
        self.signed.as_bytes()
    }

    /// The bytes that were signed if the payload is sent separately (RFC 7515, appendix F); `None` if this JWS has a
    /// payload as well.
    pub(crate) fn signed_with(&self, payload: &[u8]) -> Option<Vec<u8>> {
        self.payload
            .is_empty()
            .then(|| format!("{}.{}", self.encoded_header, URL_SAFE_NO_PAD.encode(payload)).into_bytes())
    }

    /// Its payload.
    pub(crate) fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Its signature.
    pub(crate) fn signature(&self) -> &[u8] {
        &self.signature
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(header: &str, payload: &str) -> String {
        format!("{}.{}.AAAA", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload))
    }

    #[test]
    fn what_has_not_three_parts_in_base64url_is_none() {
        for text in [
            "",
            "a",
            "a.b",
            "e30.e30",
            "e30.e30.e30.e30",
            "e30=.e30.AAAA",
            "e30.e3+.AAAA",
            "e30.e30.A",
            "e30.e30.AAB",
            "..A",
        ] {
            assert!(Jws::split(text).is_none(), "{text}");
        }
        assert!(Jws::split("..").is_some());
    }

    #[test]
    fn a_header_that_is_no_object_or_has_extensions_is_none() {
        for header in
            ["", "[]", "{", r#"{"alg":"ES256","alg":"none"}"#, r#"{"alg":"ES256","crit":["b64"],"b64":false}"#]
        {
            assert!(Jws::split(&encoded(header, "{}")).unwrap().header().is_none(), "{header}");
        }
        assert!(Jws::split(&encoded(r#"{"alg":"ES256"}"#, "{}")).unwrap().header().is_some());
    }

    #[test]
    fn a_payload_is_in_one_place_only() {
        assert!(Jws::split(&encoded("{}", "{}")).unwrap().signed_with(b"{}").is_none());
        let detached = encoded("{}", "");
        let signed = Jws::split(&detached).unwrap().signed_with(b"{}");
        assert_eq!(signed.as_deref(), Some(b"e30.e30".as_slice()));
    }
}
