//! The keys that a host application publishes (RFC 7517).
//!
//! Owns which entries of a set can verify tokens, and which entry a token refers to. Must not fetch anything. Others
//! write the set: an entry that is malformed, unknown or for another use is ignored, and the others stay valid (RFC
//! 7517, 5).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::Value;

use super::jws::{Algorithm, Jws};
use super::key::PublicKey;

/// The keys of a set that can verify tokens.
#[derive(Default)]
pub struct KeySet {
    keys: Vec<Published>,
    ignored: usize,
}

struct Published {
    kid: Option<String>,
    key: PublicKey,
}

/// An entry, with the members that decide whether it is used. Members that are ignored here are typed all the same: an
/// entry with a wrong type is not what its publisher intended.
#[derive(Deserialize)]
struct Entry {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
    /// The private half. A key whose private half is published proves nothing.
    d: Option<Value>,
    #[expect(dead_code, reason = "its type is all that counts")]
    x5u: Option<String>,
    #[expect(dead_code, reason = "its type is all that counts")]
    x5c: Option<Vec<String>>,
}

/// Why an answer is not a key set.
#[derive(Debug, thiserror::Error)]
pub enum NotASet {
    /// It is not JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// It is a document without keys.
    #[error("it has no list of `keys`")]
    NoKeys,
}

impl KeySet {
    /// Reads a set. A leading byte order mark is skipped (RFC 8259, 8.1).
    pub fn parse(json: &[u8]) -> Result<Self, NotASet> {
        let json = json.strip_prefix("\u{feff}".as_bytes()).unwrap_or(json);
        let mut set: Value = serde_json::from_slice(json)?;
        let Some(Value::Array(entries)) = set.get_mut("keys").map(Value::take) else { return Err(NotASet::NoKeys) };
        let all = entries.len();
        let keys: Vec<_> = entries.into_iter().filter_map(Published::read).collect();
        Ok(Self { ignored: all - keys.len(), keys })
    }

    /// Whether no entry can verify tokens.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// How many entries cannot verify tokens.
    pub fn ignored(&self) -> usize {
        self.ignored
    }

    /// The key that a token refers to: of its algorithm, and with the id that it names, if any. `None` if several
    /// different keys match, since choosing one would be a guess.
    pub fn find(&self, token: &Jws<'_>) -> Option<&PublicKey> {
        let is_meant = |published: &&Published| {
            published.key.algorithm() == token.algorithm()
                && token.kid().is_none_or(|kid| published.kid.as_deref() == Some(kid))
        };
        let mut fitting = self.keys.iter().filter(is_meant).map(|published| &published.key);
        let first = fitting.next()?;
        fitting.all(|other| other.is(first)).then_some(first)
    }
}

impl Published {
    fn read(entry: Value) -> Option<Self> {
        let entry: Entry = serde_json::from_value(entry).ok()?;
        let key = entry.key().filter(|key| entry.is_for_verifying(key.algorithm()))?;
        Some(Self { kid: entry.kid, key })
    }
}

impl Entry {
    fn key(&self) -> Option<PublicKey> {
        let bytes = |member: &Option<String>| URL_SAFE_NO_PAD.decode(member.as_deref()?).ok();
        match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => PublicKey::rsa(&bytes(&self.n)?, &bytes(&self.e)?).ok(),
            ("EC", Some("P-256")) => PublicKey::p256(&bytes(&self.x)?, &bytes(&self.y)?).ok(),
            ("OKP", Some("Ed25519")) => PublicKey::ed25519(&bytes(&self.x)?).ok(),
            // A symmetric key is a secret: it belongs in JWT_SECRET, not in a published set.
            _ => None,
        }
    }

    fn is_for_verifying(&self, algorithm: Algorithm) -> bool {
        self.d.is_none()
            && self.usage.as_deref().is_none_or(|usage| usage == "sig")
            && self.key_ops.as_ref().is_none_or(|operations| operations.iter().any(|operation| operation == "verify"))
            && self.alg.as_deref().is_none_or(|name| Algorithm::named(name) == Some(algorithm))
    }
}

#[cfg(test)]
mod tests;
