//! The keys that sign webhooks.
//!
//! Owns the key pairs and their public halves as JSON Web Keys. Must not send anything.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::ids::Ids;
use crate::webhooks::{Message, Scheme, Signed};

/// The keys, newest last. Clones are the same keys.
#[derive(Clone)]
pub(super) struct Keys(Arc<Mutex<Ring>>);

struct Ring {
    ids: Ids,
    keys: Vec<Key>,
}

struct Key {
    id: String,
    pair: EcdsaKeyPair,
    created_at: Timestamp,
    expired_at: Option<Timestamp>,
}

/// No key pair could be generated.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("no key pair could be made")]
pub(super) struct NoKey;

impl Keys {
    pub(super) fn new(seed: u64, now: Timestamp) -> Result<Self, NoKey> {
        let keys = Self(Arc::new(Mutex::new(Ring { ids: Ids::new(seed), keys: Vec::new() })));
        keys.rotate(now)?;
        Ok(keys)
    }

    /// Signs with a new key from now on; the previous one has expired.
    pub(super) fn rotate(&self, now: Timestamp) -> Result<(), NoKey> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| NoKey)?;
        let mut ring = self.0.lock();
        for key in &mut ring.keys {
            key.expired_at.get_or_insert(now);
        }
        let id = ring.ids.uuid();
        ring.keys.push(Key { id, pair, created_at: now, expired_at: None });
        Ok(())
    }

    /// The public half of a key.
    pub(super) fn public(&self, id: &str) -> Option<Value> {
        let ring = self.0.lock();
        let key = ring.keys.iter().find(|key| key.id == id)?;
        // An uncompressed point: 4, then 32 bytes for each coordinate (SEC 1, section 2.3.3).
        let (x, y) = key.pair.public_key().as_ref().get(1..)?.split_at_checked(32)?;
        Some(json!({
            "alg": "ES256",
            "crv": "P-256",
            "kid": key.id,
            "kty": "EC",
            "use": "sig",
            "x": URL_SAFE_NO_PAD.encode(x),
            "y": URL_SAFE_NO_PAD.encode(y),
            "created_at": key.created_at.as_second(),
            "expired_at": key.expired_at.map(Timestamp::as_second),
        }))
    }

    /// A token with these claims, signed with the newest key (RFC 7515, compact serialisation).
    fn token(&self, claims: &Value) -> Option<String> {
        let ring = self.0.lock();
        let key = ring.keys.last()?;
        let header = json!({ "alg": "ES256", "kid": key.id, "typ": "JWT" });
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", encode(&header), encode(claims));
        let signature = key.pair.sign(&SystemRandom::new(), signed.as_bytes()).ok()?;
        Some(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// The subscriber has no secret: the signature's key is fetched by its id.
impl Scheme for Keys {
    fn provider(&self) -> &'static str {
        "plaid"
    }

    fn sign(&self, _secret: &str, message: &Message, _number: usize, at: Timestamp) -> Signed {
        let hash = digest(&SHA256, message.body.as_bytes());
        let hex: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        let claims = json!({ "iat": at.as_second(), "request_body_sha256": hex });
        let headers = self.token(&claims).map(|token| ("plaid-verification", token)).into_iter().collect();
        Signed { headers, body: message.body.clone() }
    }
}
