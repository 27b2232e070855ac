//! Sign-ins at the dashboard.
//!
//! Owns the session's cookie and its token. Must not know how somebody proved who they are.

use std::time::Duration;

use http::HeaderMap;
use http::header::COOKIE;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::Identity;
use crate::config::random_bytes;
use crate::store::{self, Session, Store};

/// The cookie's name.
pub const COOKIE_NAME: &str = "tallywire_session";

/// What the store knows a session by: the hash of its cookie's value.
pub type SessionId = [u8; 32];

/// Starts a session; the value of the `Set-Cookie` header. The store sees only the token's hash, so
/// that a stolen copy of it signs nobody in.
pub async fn start(
    store: &dyn Store,
    user_id: String,
    display_name: String,
    lifetime: Duration,
    secure: bool,
    now: Timestamp,
) -> store::Result<String> {
    let token = hex::encode(random_bytes());
    let expires_at = now.checked_add(lifetime).unwrap_or(Timestamp::MAX);
    store.add_session(hash(&token), Session { user_id, display_name, expires_at }, now).await?;
    Ok(cookie(&token, lifetime.as_secs(), secure))
}

/// The session of a request, if it has one that holds.
pub async fn of_request(store: &dyn Store, headers: &HeaderMap, now: Timestamp) -> store::Result<Option<Session>> {
    match id(headers) {
        Some(id) => store.session(id, now).await,
        None => Ok(None),
    }
}

/// Who is signed in with a request's session, if it has one that holds.
pub async fn identity(store: &dyn Store, headers: &HeaderMap, now: Timestamp) -> store::Result<Option<Identity>> {
    let session = of_request(store, headers, now).await?;
    Ok(session.map(|Session { user_id, expires_at, .. }| Identity { user_id, expires_at, session: id(headers) }))
}

/// Which session a request claims to belong to.
pub fn id(headers: &HeaderMap) -> Option<SessionId> {
    token(headers).map(hash)
}

/// Ends the session of a request; the `Set-Cookie` header that makes the browser forget it.
pub async fn end(store: &dyn Store, headers: &HeaderMap, secure: bool) -> store::Result<String> {
    if let Some(id) = id(headers) {
        store.delete_session(id).await?;
    }
    Ok(cookie("", 0, secure))
}

/// Whether a request carries the cookie at all, good or not.
pub fn is_present(headers: &HeaderMap) -> bool {
    token(headers).is_some()
}

fn cookie(token: &str, seconds: u64, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!("{COOKIE_NAME}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}")
}

fn token(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == COOKIE_NAME && !value.is_empty()).then_some(value))
}

fn hash(token: &str) -> SessionId {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, "theme=dark; tallywire_session=abc".parse().expect("a header"));
        assert_eq!(token(&headers), Some("abc"));
        let mut other = HeaderMap::new();
        other.append(COOKIE, "x_tallywire_session=abc; tallywire_session=".parse().expect("a header"));
        assert_eq!(token(&other), None);
    }

    #[test]
    fn scripts_cannot_read_the_cookie_and_other_sites_cannot_post_with_it() {
        let cookie = cookie("t", 60, true);
        for part in ["HttpOnly", "SameSite=Lax", "Secure", "Max-Age=60", "Path=/"] {
            assert!(cookie.contains(part), "{part} in {cookie}");
        }
    }
}
