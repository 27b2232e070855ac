//! What Plaid signs: a JWT that carries the body's hash and the time.
//!
//! Owns its check, and how the key that it names is fetched. Must not know the meaning of bodies.
//!
//! <https://plaid.com/docs/api/webhooks/webhook-verification/>

use std::borrow::Cow;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use subtle::ConstantTimeEq as _;

use crate::body;
use crate::delivery::RawDelivery;
use crate::error::{TOLERANCE_SECONDS, VerifyError};
use crate::fetch::{ApiResponse, Body, FetchError, Request};
use crate::json::{self, Document};
use crate::keys::{FetchedKey, KeyId, KeySource};
use crate::signature::{Curve, Jws, check_time, from_hex, from_jwk, sha256_hex};

/// The provider's id, under which its keys are cached.
pub(super) const PROVIDER: &str = "plaid";

const HEADER: &str = "plaid-verification";

/// The longest key name that is fetched, in characters; Plaid's own are UUIDs.
const LONGEST_NAME: usize = 100;
/// A key is fetched again after a day: only Plaid's answer says when one has expired.
const LIFETIME: Duration = Duration::from_secs(24 * 3600);

/// The credentials by which Plaid knows this server.
pub(super) struct Client {
    pub(super) id: String,
    pub(super) secret: String,
}

impl Client {
    /// `/webhook_verification_key/get`
    pub(super) fn key_request(&self, name: &str) -> Request {
        let body = json!({ "client_id": self.id, "secret": self.secret, "key_id": name });
        Request::post(["webhook_verification_key", "get"], Body::Json(body.to_string())).counted_against("keys")
    }
}

/// Verifies a delivery and returns its key.
///
/// Everything that needs no key is checked first, so that forged requests cause as few fetches of keys as possible.
/// Plaid gives events no id, and the next notification of an item may have the same bytes within the same second: the
/// signature is part of the delivery's key, and differs each time (ECDSA uses a random number). Each attempt is signed
/// anew, so a repetition causes one more run, and is never mistaken for another notification.
pub(super) fn verify(delivery: &RawDelivery, keys: &dyn KeySource, now: Timestamp) -> Result<String, VerifyError> {
    let token = delivery.headers.single(HEADER)?;
    let jws = Jws::split(token).ok_or(VerifyError::Mismatch)?;
    let name = key_name(&jws).ok_or(VerifyError::Mismatch)?;
    let claims = body::object(jws.payload()).ok_or(VerifyError::Mismatch)?;
    let time = claims.raw(&["iat"]).and_then(|raw| raw.get().parse().ok()).ok_or(VerifyError::Mismatch)?;
    check_time(time, TOLERANCE_SECONDS, now)?;
    let hash = sha256_hex(&delivery.body);
    if !is_hash(&claims, &hash) {
        return Err(VerifyError::Mismatch);
    }
    let id = KeyId { provider: Cow::Borrowed(PROVIDER), name };
    let Some(key) = keys.key(&id) else { return Err(VerifyError::KeyUnavailable(id)) };
    if !has_signed(&key, &jws, now) {
        return Err(VerifyError::Mismatch);
    }
    Ok(format!("{time}:{hash}:{}", sha256_hex(jws.signature())))
}

/// The key that a header names. Any algorithm other than ES256 is refused.
fn key_name(jws: &Jws<'_>) -> Option<String> {
    let header = jws.header()?;
    (header.text(&["alg"])? == Curve::P256.algorithm()).then_some(())?;
    let is_sound = |name: &String| name.len() <= LONGEST_NAME && name.bytes().all(|byte| byte.is_ascii_graphic());
    header.text(&["kid"]).filter(is_sound)
}

fn is_hash(claims: &Document<'_>, hash: &str) -> bool {
    let claimed = claims.text(&["request_body_sha256"]).and_then(|hash| from_hex(&hash)).unwrap_or_default();
    from_hex(hash).is_some_and(|actual| actual.ct_eq(&claimed).into())
}

fn has_signed(jwk: &[u8], jws: &Jws<'_>, now: Timestamp) -> bool {
    let Ok(raw) = json::read(jwk) else { return false };
    let Ok(Some(jwk)) = Document::open(raw) else { return false };
    // `null` while the key is in use.
    let has_expired =
        jwk.raw(&["expired_at"]).is_some_and(|raw| raw.get().parse().is_ok_and(|at: i64| at <= now.as_second()));
    !has_expired && from_jwk(raw, Curve::P256).is_some_and(|key| key.has_signed(jws.signed(), jws.signature()))
}

/// Reads `{ "key": { … }, "request_id": … }`: the key is stored unchanged.
pub(super) fn read_key(id: &KeyId, response: ApiResponse) -> Result<FetchedKey, FetchError> {
    if response.status == 400 && has_no_such_key(&response.body) {
        return Err(FetchError::Gone { reason: "Plaid has no key of that name".to_owned() });
    }
    let response = response.success()?;
    let no_key = || FetchError::NotUnderstood { reason: "Plaid's answer holds no key for its webhooks".to_owned() };
    let key = body::object(&response.body).and_then(|answer| answer.raw(&["key"])).ok_or_else(no_key)?;
    let is_it =
        Document::open(key).ok().flatten().and_then(|key| key.text(&["kid"])).is_some_and(|name| name == id.name);
    if !is_it || from_jwk(key, Curve::P256).is_none() {
        return Err(no_key());
    }
    Ok(FetchedKey { id: id.clone(), bytes: key.get().as_bytes().to_vec(), lifetime: LIFETIME })
}

/// Whether the fault is the key's name: after any other fault the key may still be available later.
fn has_no_such_key(body: &[u8]) -> bool {
    let code = body::object(body).and_then(|answer| answer.text(&["error_code"]));
    code.as_deref() == Some("INVALID_WEBHOOK_VERIFICATION_KEY_ID")
}
