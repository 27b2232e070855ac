//! Deliveries as their providers send them, whether or not this server could sign them.
//!
//! Owns key pairs that stand for the providers', generated for each run, and the keys that are published or registered
//! with them. The secret that a test names determines the pair that signs.

use std::sync::LazyLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use connectors::{KeyId, KeySource, Provider, RawDelivery};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{PATH, SECRET, at, signed_delivery};

/// The keys of one secret.
struct Pairs {
    p256: EcdsaKeyPair,
    p521: EcdsaKeyPair,
    rsa: RsaKeyPair,
}

static PAIRS: LazyLock<[Pairs; 2]> = LazyLock::new(|| {
    [(); 2].map(|()| Pairs {
        p256: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(),
        p521: EcdsaKeyPair::generate(&ECDSA_P521_SHA512_FIXED_SIGNING).unwrap(),
        rsa: RsaKeyPair::generate(KeySize::Rsa2048).unwrap(),
    })
});

/// The index of the pair that stands for a secret.
fn place(secret: &str) -> usize {
    usize::from(secret != SECRET)
}

/// The public RSA key of a secret, in base64.
pub(crate) fn rsa_key(secret: &str) -> String {
    STANDARD.encode(PAIRS[place(secret)].rsa.public_key())
}

/// An RSA signature by the key of a secret, in base64.
pub(crate) fn rsa_signature(secret: &str, body: &[u8]) -> String {
    rsa(&PAIRS[place(secret)].rsa, body)
}

/// The published or registered keys of senders with these secrets.
pub(crate) struct Published<'a>(pub(crate) &'a [&'a str]);

impl KeySource for Published<'_> {
    fn key(&self, id: &KeyId) -> Option<Vec<u8>> {
        let named = self.0.iter().find(|secret| id.name == name(secret));
        Some(match &*id.provider {
            "plaid" => jwk(&PAIRS[place(named?)].p256, "ES256", "P-256").into_bytes(),
            "truelayer" => jwk(&PAIRS[place(named?)].p521, "ES512", "P-521").into_bytes(),
            // Akahu has one key, the newest.
            "akahu" => {
                let secret = self.0.first().filter(|_| id.name == "newest")?;
                format!("{}\n{}", place(secret), rsa_key(secret)).into_bytes()
            }
            // Each connection has its own secret, under its own id.
            "up" => self.0.join(",").into_bytes(),
            _ => return None,
        })
    }
}

/// The name of a published key.
fn name(secret: &str) -> String {
    format!("key-{}", place(secret))
}

fn jwk(pair: &EcdsaKeyPair, algorithm: &str, curve: &str) -> String {
    let point = pair.public_key().as_ref();
    let (x, y) = point[1..].split_at(point.len() / 2);
    let [x, y] = [x, y].map(|coordinate| URL_SAFE_NO_PAD.encode(coordinate));
    json!({ "kty": "EC", "use": "sig", "alg": algorithm, "crv": curve, "x": x, "y": y }).to_string()
}

/// A delivery as the connector's provider sends it with a secret.
pub(crate) fn signed(connector: &dyn Provider, secret: &str, id: &str, body: &[u8], second: i64) -> RawDelivery {
    let headers = connector.sign(id, body, at(second));
    let headers = headers.unwrap_or_else(|| foreign(connector.description().id, secret, body, second));
    signed_delivery(headers.into_iter().collect(), body)
}

/// The headers of providers whose connectors have only the public keys.
fn foreign(provider: &str, secret: &str, body: &[u8], second: i64) -> Vec<(String, String)> {
    let pairs = &PAIRS[place(secret)];
    let header = |name: &str, value: String| (name.to_owned(), value);
    match provider {
        "plaid" => vec![header("Plaid-Verification", plaid(&pairs.p256, &name(secret), body, second))],
        "truelayer" => {
            let time = at(second).to_string();
            let signature = truelayer(&pairs.p521, &name(secret), &time, body);
            vec![header("X-TL-Webhook-Timestamp", time), header("Tl-Signature", signature)]
        }
        "akahu" => vec![
            header("X-Akahu-Signature", rsa(&pairs.rsa, body)),
            header("X-Akahu-Signing-Key", place(secret).to_string()),
        ],
        "wise" => vec![header("X-Signature-SHA256", rsa(&pairs.rsa, body))],
        "up" => vec![header("X-Up-Authenticity-Signature", hex::encode(mac(secret.as_bytes(), body)))],
        _ => panic!("{provider} does not sign"),
    }
}

fn plaid(pair: &EcdsaKeyPair, kid: &str, body: &[u8], second: i64) -> String {
    let claims = json!({ "iat": second, "request_body_sha256": hex::encode(Sha256::digest(body)) });
    jws(pair, &json!({ "alg": "ES256", "kid": kid, "typ": "JWT" }), claims.to_string().as_bytes())
}

fn truelayer(pair: &EcdsaKeyPair, kid: &str, time: &str, body: &[u8]) -> String {
    let payload = [format!("POST {PATH}\nX-TL-Webhook-Timestamp: {time}\n").as_bytes(), body].concat();
    let jku = "https://webhooks.truelayer.com/.well-known/jwks";
    let header =
        json!({ "alg": "ES512", "kid": kid, "tl_version": "2", "tl_headers": "X-TL-Webhook-Timestamp", "jku": jku });
    let whole = jws(pair, &header, &payload);
    let (head, tail) = (whole.split('.').next().unwrap(), whole.rsplit('.').next().unwrap());
    format!("{head}..{tail}")
}

/// A JWS with its payload.
pub(crate) fn jws(pair: &EcdsaKeyPair, header: &serde_json::Value, payload: &[u8]) -> String {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(payload));
    let signature = pair.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// A token of Plaid with any header and claims.
pub(crate) fn plaid_token(secret: &str, header: &serde_json::Value, claims: &serde_json::Value) -> String {
    jws(&PAIRS[place(secret)].p256, header, claims.to_string().as_bytes())
}

fn rsa(pair: &RsaKeyPair, body: &[u8]) -> String {
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), body, &mut signature).unwrap();
    STANDARD.encode(signature)
}

fn mac(key: &[u8], bytes: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(bytes);
    mac.finalize().into_bytes().into()
}
