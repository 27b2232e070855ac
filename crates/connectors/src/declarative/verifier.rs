//! Checks signatures as a file describes them.
//!
//! Owns finding the signature, the time and the id in the headers, and the check with the configured secrets. Must not
//! know the meaning of a body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use super::content::{Parts, Piece};
use super::scheme::{Encoding, Place, Scheme, Signature, Stamp};
use super::times::Notation;
use crate::delivery::{Headers, RawDelivery};
use crate::error::VerifyError;
use crate::settings::Settings;
use crate::signature::{self, Hash, HmacKeys, PublicKey};

/// At most this many signatures of a header are tried.
const MOST_SIGNATURES: usize = 16;
/// The longest signed id, in bytes.
const MAX_ID: usize = 256;

/// A signature's description with the secrets to check it.
pub(super) struct Verifier {
    signature: Signature,
    keys: Keys,
}

enum Keys {
    Hmac(Hash, HmacKeys),
    Public(Vec<PublicKey>),
    StandardWebhooks(HmacKeys),
    Shared(HmacKeys),
}

impl Verifier {
    /// The verifier with the values of a setting. A value that is not a public key verifies nothing.
    pub(super) fn new(signature: &Signature, settings: &Settings, setting: &str) -> Self {
        let secrets = settings.values(setting);
        let public = |read: fn(&str) -> Option<PublicKey>| {
            let values = secrets.iter().flat_map(|value| value.split(','));
            Keys::Public(values.filter_map(|key| read(key.trim())).collect())
        };
        let keys = match signature.scheme {
            Scheme::HmacSha256 => Keys::Hmac(Hash::Sha256, HmacKeys::literal(secrets)),
            Scheme::HmacSha512 => Keys::Hmac(Hash::Sha512, HmacKeys::literal(secrets)),
            Scheme::RsaSha256 => public(PublicKey::rsa),
            Scheme::Ed25519 => public(PublicKey::ed25519),
            Scheme::StandardWebhooks => Keys::StandardWebhooks(HmacKeys::standard_webhooks(secrets)),
            Scheme::SharedSecret => Keys::Shared(HmacKeys::literal(secrets)),
        };
        Self { signature: signature.clone(), keys }
    }

    /// Whether a key or secret is configured.
    pub(super) fn is_configured(&self) -> bool {
        match &self.keys {
            Keys::Hmac(_, keys) | Keys::StandardWebhooks(keys) | Keys::Shared(keys) => !keys.is_empty(),
            Keys::Public(keys) => !keys.is_empty(),
        }
    }

    /// Checks a delivery, and returns the signed id, if any.
    pub(super) fn verify(&self, delivery: &RawDelivery, now: Timestamp) -> Result<Option<String>, VerifyError> {
        let headers = &delivery.headers;
        match &self.keys {
            Keys::StandardWebhooks(keys) => {
                let id = signature::verify_standard(keys, headers, &delivery.body, now)?;
                return Ok(Some(format!("webhook-id:{id}")));
            }
            Keys::Shared(keys) => {
                let sent = headers.single(&self.signature.place.header)?;
                let secret = sent.strip_prefix(&*self.signature.prefix).ok_or(VerifyError::Mismatch)?;
                return if keys.has_key(secret.trim().as_bytes()) { Ok(None) } else { Err(VerifyError::Mismatch) };
            }
            Keys::Hmac(..) | Keys::Public(_) => {}
        }
        let sent = self.sent(headers)?;
        let timestamp = self.signature.stamp.as_ref().map(|stamp| time(stamp, headers, now)).transpose()?;
        let id = self.signature.id_header.as_ref().map(|header| id(headers, header)).transpose()?;
        let parts = Parts {
            body: &delivery.body,
            timestamp: timestamp.unwrap_or_default(),
            id: id.unwrap_or_default(),
            method: &delivery.method,
            path: &delivery.path,
        };
        let content = self.signature.content.bytes(&parts);
        let is_right = match &self.keys {
            Keys::Hmac(hash, keys) => keys.verify_with(*hash, &content, &sent),
            Keys::Public(keys) => {
                let content = content.concat();
                keys.iter().any(|key| sent.iter().any(|signature| key.has_signed(&content, signature)))
            }
            Keys::StandardWebhooks(_) | Keys::Shared(_) => false,
        };
        if is_right { Ok(id.map(|id| format!("id:{id}"))) } else { Err(VerifyError::Mismatch) }
    }

    /// The signatures that were sent: several during a change of secret.
    fn sent(&self, headers: &Headers) -> Result<Vec<Vec<u8>>, VerifyError> {
        let Signature { place, prefix, encoding, .. } = &self.signature;
        if headers.values(&place.header).all(str::is_empty) {
            return Err(VerifyError::Missing(place.header.clone().into()));
        }
        let members = members(headers, place, prefix);
        let bare = members.into_iter().filter_map(|member| member.strip_prefix(&**prefix));
        Ok(bare.filter_map(|text| encoding.decode(text.trim())).take(MOST_SIGNATURES).collect())
    }

    /// The headers that the provider would send, with the first secret. `None` if only the provider has the signing
    /// key, or if the signature covers the address, which is the receiver's.
    pub(super) fn sign(&self, message_id: &str, body: &[u8], now: Timestamp) -> Option<Vec<(String, String)>> {
        let Signature { place, prefix, encoding, content, stamp, id_header, .. } = &self.signature;
        let mut headers = vec![];
        let (hash, keys) = match &self.keys {
            Keys::Hmac(hash, keys) => (*hash, keys),
            Keys::StandardWebhooks(keys) => return signature::sign_standard(keys, message_id, body, now),
            Keys::Shared(keys) => {
                let secret = String::from_utf8(keys.first()?.to_vec()).ok()?;
                return Some(vec![(place.header.clone(), format!("{prefix}{secret}"))]);
            }
            Keys::Public(_) => return None,
        };
        if content.has(&Piece::Path) {
            return None;
        }
        let timestamp = stamp.as_ref().map(|stamp| stamp.notation.written(now));
        if let Some((stamp, time)) = stamp.as_ref().zip(timestamp.as_deref()) {
            put(&mut headers, &stamp.place, time);
        }
        if let Some(header) = id_header {
            headers.push((header.clone(), message_id.to_owned()));
        }
        let parts = Parts {
            body,
            timestamp: timestamp.as_deref().unwrap_or_default(),
            id: message_id,
            method: "POST",
            path: "",
        };
        let mac = keys.sign_with(hash, &content.bytes(&parts))?;
        put(&mut headers, place, &format!("{prefix}{}", encoding.encode(&mac)));
        Some(headers)
    }
}

/// Writes a value; if its place is a part of a list header, into that list.
fn put(headers: &mut Vec<(String, String)>, place: &Place, value: &str) {
    let Some(part) = &place.part else { return headers.push((place.header.clone(), value.to_owned())) };
    match headers.iter_mut().find(|(header, _)| *header == place.header) {
        Some((_, list)) => list.push_str(&format!(",{part}={value}")),
        None => headers.push((place.header.clone(), format!("{part}={value}"))),
    }
}

/// The values in a place, from every line of its header. A prefix that contains a blank or a comma applies to the whole
/// line.
fn members<'h>(headers: &'h Headers, place: &Place, prefix: &str) -> Vec<&'h str> {
    match &place.part {
        Some(part) => {
            let parts = headers.list(&place.header).filter_map(|member| member.split_once('='));
            parts.filter(|(name, _)| name == part).map(|(_, value)| value).collect()
        }
        None if prefix.contains([' ', '\t', ',']) => headers.values(&place.header).collect(),
        None => headers.list(&place.header).collect(),
    }
}

/// The time's text, once it is within the tolerance. Two different times are refused: the sender could choose which of
/// them was signed.
fn time<'h>(stamp: &Stamp, headers: &'h Headers, now: Timestamp) -> Result<&'h str, VerifyError> {
    let text = match &stamp.place.part {
        None => headers.single(&stamp.place.header)?,
        Some(_) => {
            let values = members(headers, &stamp.place, "");
            let first = *values.first().ok_or(VerifyError::Mismatch)?;
            if values.iter().any(|other| *other != first) {
                return Err(VerifyError::Ambiguous(stamp.place.header.clone().into()));
            }
            first
        }
    };
    let is_number = stamp.notation != Notation::Rfc3339;
    if is_number && (text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err(VerifyError::Mismatch);
    }
    // A number too large to parse is a time far away.
    let none = if is_number { VerifyError::Stale } else { VerifyError::Mismatch };
    let millis = stamp.notation.millis_of(text).ok_or(none)?;
    signature::check_time(millis.div_euclid(1000), stamp.tolerance, now)?;
    Ok(text)
}

/// An id that can be signed next to other parts: a dot or a colon in it could shift the boundaries between them.
fn id<'h>(headers: &'h Headers, header: &str) -> Result<&'h str, VerifyError> {
    let id = headers.single(header)?;
    let is_plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if is_plain && id.len() <= MAX_ID { Ok(id) } else { Err(VerifyError::Mismatch) }
}

impl Encoding {
    fn decode(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Self::Hex => hex::decode(text).ok(),
            Self::Base64 => signature::bytes_from_base64(text),
        }
    }

    fn encode(self, bytes: &[u8]) -> String {
        match self {
            Self::Hex => hex::encode(bytes),
            Self::Base64 => STANDARD.encode(bytes),
        }
    }
}
