//! A host application's signing keys, generated for each test, and the address that publishes them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair};
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use http::StatusCode;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// A key pair.
pub(crate) struct SigningKey {
    pub(crate) algorithm: Algorithm,
    key: EncodingKey,
    /// The public half in its published form.
    pub(crate) jwk: Value,
    /// The public half in its configured form.
    pub(crate) pem: String,
}

impl SigningKey {
    pub(crate) fn new(algorithm: Algorithm, kid: &str) -> Self {
        let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let (key, mut jwk, der) = match algorithm {
            Algorithm::ES256 => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
                let point = pair.public_key().as_ref();
                let jwk = json!({ "kty": "EC", "crv": "P-256", "x": encode(&point[1..33]), "y": encode(&point[33..]) });
                let key = EncodingKey::from_ec_der(pair.to_pkcs8v1().unwrap().as_ref());
                (key, jwk, spki(pair.public_key()))
            }
            Algorithm::EdDSA => {
                let pair = Ed25519KeyPair::generate().unwrap();
                let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": encode(pair.public_key().as_ref()) });
                (EncodingKey::from_ed_der(pair.to_pkcs8v1().unwrap().as_ref()), jwk, spki(pair.public_key()))
            }
            _ => {
                let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
                let (n, e) = (pair.public_key().modulus(), pair.public_key().exponent());
                let jwk = json!({
                    "kty": "RSA",
                    "n": encode(n.big_endian_without_leading_zero()),
                    "e": encode(e.big_endian_without_leading_zero()),
                });
                let pkcs8: aws_lc_rs::encoding::Pkcs8V1Der<'_> = pair.as_der().unwrap();
                let pem = pem("PRIVATE KEY", pkcs8.as_ref());
                (EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap(), jwk, spki(pair.public_key()))
            }
        };
        jwk["kid"] = json!(kid);
        Self { algorithm, key, jwk, pem: pem("PUBLIC KEY", &der) }
    }

    /// Signs a token with these claims and this key id.
    pub(crate) fn sign(&self, kid: Option<&str>, claims: &Value) -> String {
        self.sign_under(&Header { kid: kid.map(str::to_owned), ..Header::new(self.algorithm) }, claims)
    }

    /// Signs a token with this header.
    pub(crate) fn sign_under(&self, header: &Header, claims: &Value) -> String {
        jsonwebtoken::encode(header, claims, &self.key).unwrap()
    }
}

fn spki<K>(key: &K) -> Vec<u8>
where
    K: aws_lc_rs::encoding::AsDer<PublicKeyX509Der<'static>>,
{
    key.as_der().unwrap().as_ref().to_vec()
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

#[derive(Default)]
struct Published {
    /// The body of the answer; `None` is an error.
    body: Mutex<Option<String>>,
    fetches: AtomicU32,
}

/// The address at which the host application publishes its keys.
pub(crate) struct KeyServer {
    pub(crate) url: String,
    published: Arc<Published>,
}

impl KeyServer {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/keys", listener.local_addr().unwrap());
        let published = Arc::<Published>::default();
        let router = Router::new().route("/keys", get(serve)).with_state(Arc::clone(&published));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, published }
    }

    /// Publishes only these keys from now on.
    pub(crate) fn publish(&self, keys: &[&SigningKey]) {
        self.publish_entries(&keys.iter().map(|key| key.jwk.clone()).collect::<Vec<_>>());
    }

    /// Publishes these entries, valid or not.
    pub(crate) fn publish_entries(&self, entries: &[Value]) {
        self.publish_text(json!({ "keys": entries }).to_string());
    }

    /// Answers with this text.
    pub(crate) fn publish_text(&self, text: String) {
        *self.published.body.lock() = Some(text);
    }

    /// Answers 500 from now on.
    pub(crate) fn break_down(&self) {
        *self.published.body.lock() = None;
    }

    pub(crate) fn fetches(&self) -> u32 {
        self.published.fetches.load(Ordering::SeqCst)
    }
}

async fn serve(State(published): State<Arc<Published>>) -> Response {
    published.fetches.fetch_add(1, Ordering::SeqCst);
    match published.body.lock().clone() {
        Some(body) => ([("content-type", "application/json")], body).into_response(),
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
