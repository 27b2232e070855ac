//! What TrueLayer signs: the method, the path, some headers and the body, as a JWS without its payload.
//!
//! Owns its check, and how the key that it names is found among TrueLayer's published keys. Must not know the meaning
//! of bodies.
//!
//! <https://github.com/TrueLayer/truelayer-signing/blob/main/request-signing-v2.md>

use std::borrow::Cow;
use std::time::Duration;

use crate::body;
use crate::delivery::RawDelivery;
use crate::error::VerifyError;
use crate::fetch::{ApiResponse, FetchError};
use crate::json::{self, Document};
use crate::keys::{FetchedKey, KeyId, KeySource};
use crate::signature::{Curve, Jws, from_jwk};

/// The provider's id, under which its keys are cached.
pub(super) const PROVIDER: &str = "truelayer";

const HEADER: &str = "tl-signature";
/// The version of the scheme.
const VERSION: &str = "2";
/// The path of the keys under the configured address.
const JWKS: &str = "/.well-known/jwks";

/// The longest key name that is looked up, in characters; TrueLayer's own are UUIDs.
const LONGEST_NAME: usize = 100;
/// At most this many headers may be signed: TrueLayer signs two.
const MOST_HEADERS: usize = 20;
/// A set of keys is fetched again after a day.
const LIFETIME: Duration = Duration::from_secs(24 * 3600);

/// Verifies a delivery with the keys of one address: a header that names another (`jku`) is refused, so that the
/// sandbox's signatures are invalid in production.
pub(super) fn verify(delivery: &RawDelivery, address: &str, keys: &dyn KeySource) -> Result<(), VerifyError> {
    let jws = Jws::split(delivery.headers.single(HEADER)?).ok_or(VerifyError::Mismatch)?;
    let (name, signed_headers) = read_header(&jws, address).ok_or(VerifyError::Mismatch)?;
    let signed = payloads(delivery, &signed_headers)?;
    let id = KeyId { provider: Cow::Borrowed(PROVIDER), name };
    let Some(jwk) = keys.key(&id) else { return Err(VerifyError::KeyUnavailable(id)) };
    let key = json::read(&jwk).ok().and_then(|jwk| from_jwk(jwk, Curve::P521)).ok_or(VerifyError::Mismatch)?;
    let has_signed =
        |payload: &Vec<u8>| jws.signed_with(payload).is_some_and(|signed| key.has_signed(&signed, jws.signature()));
    if signed.iter().any(has_signed) { Ok(()) } else { Err(VerifyError::Mismatch) }
}

/// The key and the signed headers that a JWS names.
fn read_header(jws: &Jws<'_>, address: &str) -> Option<(String, Vec<String>)> {
    let header = jws.header()?;
    let is = |name: &str, value: &str| header.text(&[name]).is_some_and(|found| found == value);
    let is_ours =
        is("alg", Curve::P521.algorithm()) && is("tl_version", VERSION) && is("jku", &format!("{address}{JWKS}"));
    let is_sound = |name: &String| name.len() <= LONGEST_NAME && name.bytes().all(|byte| byte.is_ascii_graphic());
    let name = header.text(&["kid"]).filter(is_sound).filter(|_| is_ours)?;
    let headers = header.text(&["tl_headers"]).unwrap_or_default();
    let headers: Vec<String> = headers.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    (headers.len() <= MOST_HEADERS).then_some((name, headers))
}

/// The payloads that may have been signed: with the path as TrueLayer sees it, which may lack the query, with or
/// without a trailing slash.
fn payloads(delivery: &RawDelivery, signed_headers: &[String]) -> Result<Vec<Vec<u8>>, VerifyError> {
    let mut headers = String::new();
    for name in signed_headers {
        let value = delivery.headers.get(&name.to_ascii_lowercase()).ok_or(VerifyError::Mismatch)?;
        headers.push_str(&format!("{name}: {}\n", value.trim()));
    }
    let whole = delivery.path.as_str();
    let path = whole.split_once('?').map_or(whole, |(path, _)| path);
    let other = path.strip_suffix('/').map_or_else(|| format!("{path}/"), str::to_owned);
    let mut paths = vec![path, other.as_str()];
    if path != whole {
        paths.push(whole);
    }
    let payload =
        |path: &str| [format!("{} {path}\n{headers}", delivery.method).as_bytes(), delivery.body.as_slice()].concat();
    Ok(paths.into_iter().map(payload).collect())
}

/// Reads `{ "keys": [ … ] }`. It may contain keys of other kinds.
pub(super) fn read_key(id: &KeyId, response: ApiResponse) -> Result<FetchedKey, FetchError> {
    let response = response.success()?;
    let keys = body::object(&response.body).and_then(|set| set.array(&["keys"]));
    let keys =
        keys.ok_or_else(|| FetchError::NotUnderstood { reason: "TrueLayer's answer is not a key set".to_owned() })?;
    let is_it = |raw: &&serde_json::value::RawValue| {
        let kid = Document::open(raw).ok().flatten().and_then(|key| key.text(&["kid"]));
        kid.is_some_and(|kid| kid == id.name) && from_jwk(raw, Curve::P521).is_some()
    };
    let key = keys.into_iter().find(is_it);
    let key = key.ok_or_else(|| FetchError::Gone { reason: "TrueLayer publishes no key of that name".to_owned() })?;
    Ok(FetchedKey { id: id.clone(), bytes: key.get().as_bytes().to_vec(), lifetime: LIFETIME })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A request to TrueLayer, signed by the same scheme (`test-resources/tl-signature.txt` in
    /// <https://github.com/TrueLayer/truelayer-signing>): it names no address of keys, which only webhooks do.
    #[test]
    fn the_published_signature_of_a_request_is_over_its_payload() {
        let body = br#"{"currency":"GBP","max_amount_in_minor":5000000,"name":"Foo???"}"#;
        let headers = [("idempotency-key", "idemp-2076717c-9005-4811-a321-9e0787fa0382")].into_iter().collect();
        let path = "/merchant_accounts/a61acaef-ee05-4077-92f3-25543a11bd8d/sweeping";
        let request = RawDelivery::post(path, headers, body.to_vec());
        let signature = "eyJhbGciOiJFUzUxMiIsImtpZCI6IjQ1ZmM3NWNmLTU2NDktNDEzNC04NGIzLTE5MmMyYzc4ZTk5MCIsInRsX3ZlcnNpb24iOiIyIiwidGxfaGVhZGVycyI6IklkZW1wb3RlbmN5LUtleSJ9..AEXUHJ9eXGRYyXjjXkAyp4vALl7vMB6D78-frHcH2eV641SU9Q8LMqm77jDYUxuJYP_1Rg0l8-dLRVtWNDTFY_JYABXE6MEv3qSbyXnKrYMKIeDzG86lj9VLZXKRfWjNeBpGN983kW69Dc71yNapGTPMbB49Rue5bLIAjm6LLwDP00D_";
        let jwk = r#"{"kty":"EC","alg":"ES512","crv":"P-521","x":"oLuW4nFqoUuR8d7FVsUoI62libYdQlWGtLStnqdudLY92bQ0ra5eZAbkunrGTR9-w9mr4o2Etyb6pC7YB2-23WM","y":"AX1cjkGMiltikPrkX49qwuJDdcETaTsj-kyFP8jsF9W5XAB3Z4tBiQtc72DQnJYeKyAV_T6qZTtFKFr-Tp4iu-j7"}"#;
        let key = from_jwk(json::read(jwk.as_bytes()).unwrap(), Curve::P521).unwrap();
        let jws = Jws::split(signature).unwrap();
        let payload = payloads(&request, &["Idempotency-Key".to_owned()]).unwrap().remove(0);
        assert!(key.has_signed(&jws.signed_with(&payload).unwrap(), jws.signature()));
        assert!(!key.has_signed(&jws.signed_with(&[payload, vec![b' ']].concat()).unwrap(), jws.signature()));
        assert!(read_header(&jws, "https://webhooks.truelayer.com").is_none());
    }
}
