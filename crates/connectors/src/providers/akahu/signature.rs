//! What Akahu signs: the body, with a key that it numbers and replaces.
//!
//! Owns its check, and how a key of Akahu is fetched. Must not know the meaning of bodies.
//!
//! <https://developers.akahu.nz/docs/reference-webhooks#verifying-a-webhook>

use std::borrow::Cow;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::body;
use crate::delivery::RawDelivery;
use crate::error::VerifyError;
use crate::fetch::{ApiResponse, FetchError, Request};
use crate::keys::{FetchedKey, KeyId, KeySource};
use crate::signature::{PublicKey, bytes_from_base64};

/// The provider's id, under which its keys are cached.
pub(super) const PROVIDER: &str = "akahu";

const SIGNATURE: &str = "x-akahu-signature";
const SIGNING_KEY: &str = "x-akahu-signing-key";

/// The name of the one cached key, whose bytes begin with its number: a newer key replaces an older one, which is then
/// invalid (the page above, "Caching").
const NEWEST: &str = "newest";
/// A key may be cached for a day (ibid.).
const LIFETIME: Duration = Duration::from_secs(24 * 3600);

/// The credentials by which Akahu knows this server.
pub(super) struct App {
    pub(super) token: String,
    pub(super) secret: String,
}

impl App {
    /// `/keys/{number}`
    pub(super) fn key_request(&self, number: &str) -> Request {
        let credentials = STANDARD.encode(format!("{}:{}", self.token, self.secret));
        Request::get(["keys", number]).header("authorization", format!("Basic {credentials}")).counted_against("keys")
    }
}

/// Verifies the RSA signature over the body, with the newest key only.
pub(super) fn verify(delivery: &RawDelivery, keys: &dyn KeySource) -> Result<(), VerifyError> {
    let signature = delivery.headers.single(SIGNATURE)?;
    let number = delivery.headers.single(SIGNING_KEY)?;
    let is_number = number.len() <= 9 && number.bytes().all(|byte| byte.is_ascii_digit());
    let asked: u32 = number.parse().ok().filter(|_| is_number).ok_or(VerifyError::Mismatch)?;
    let signature = bytes_from_base64(signature).ok_or(VerifyError::Mismatch)?;
    let kept = keys.key(&id(NEWEST));
    let (newest, key) = match kept.as_deref().and_then(numbered) {
        Some((newest, key)) if newest >= asked => (newest, key),
        _ => return Err(VerifyError::KeyUnavailable(id(&asked.to_string()))),
    };
    let key = PublicKey::rsa(key).filter(|_| newest == asked).ok_or(VerifyError::Mismatch)?;
    if key.has_signed(&delivery.body, &signature) { Ok(()) } else { Err(VerifyError::Mismatch) }
}

fn id(name: &str) -> KeyId {
    KeyId { provider: Cow::Borrowed(PROVIDER), name: name.to_owned() }
}

fn numbered(kept: &[u8]) -> Option<(u32, &str)> {
    let (number, key) = std::str::from_utf8(kept).ok()?.split_once('\n')?;
    Some((number.parse().ok()?, key))
}

/// Reads `{ "success": true, "item": "<PEM>" }`.
pub(super) fn read_key(asked: &KeyId, response: ApiResponse) -> Result<FetchedKey, FetchError> {
    let response = response.success()?;
    let item = body::object(&response.body).and_then(|answer| answer.text(&["item"]));
    let key = item.filter(|key| PublicKey::rsa(key).is_some());
    let no_key = || FetchError::NotUnderstood { reason: "Akahu's answer holds no key for its webhooks".to_owned() };
    let bytes = format!("{}\n{}", asked.name, key.ok_or_else(no_key)?).into_bytes();
    Ok(FetchedKey { id: id(NEWEST), bytes, lifetime: LIFETIME })
}
