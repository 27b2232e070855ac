//! Sign-ins at the dashboard.
//!
//! Owns the session's cookie and its token. Must not know how a user authenticated.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use http::header::COOKIE;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::Identity;
use crate::config::random_bytes;
use crate::store::{self, Session, Users};

/// The cookie's name. Over TLS it has the `__Host-` prefix: browsers then accept it from this host alone, and not from
/// another host of the same domain, which could sign a visitor in as another user (RFC 6265bis, 4.1.3.2).
const SECURE_NAME: &str = "__Host-tallywire_session";
const PLAIN_NAME: &str = "tallywire_session";

/// The id of a session in the store: the hash of its cookie's value.
pub type SessionId = [u8; 32];

/// The dashboard's sessions and their cookie.
#[derive(Clone)]
pub struct SessionCookies {
    store: Arc<dyn Users>,
    lifetime: Duration,
    is_secure: bool,
}

impl SessionCookies {
    /// Sessions in `store` that last this long; with `is_secure`, their cookie is sent over TLS only.
    pub fn new(store: Arc<dyn Users>, lifetime: Duration, is_secure: bool) -> Self {
        Self { store, lifetime, is_secure }
    }

    /// Starts a session; returns the value of the `Set-Cookie` header. The session ends with the proof of identity at
    /// the latest. The store sees only the token's hash, so that nobody can sign in with a stolen copy of the store.
    pub async fn start(
        &self,
        user_id: String,
        display_name: String,
        until: Option<Timestamp>,
        now: Timestamp,
    ) -> store::Result<String> {
        let token = hex::encode(random_bytes());
        let longest = now.checked_add(self.lifetime).unwrap_or(Timestamp::MAX);
        let expires_at = until.map_or(longest, |until| until.min(longest));
        let seconds = expires_at.as_second().saturating_sub(now.as_second());
        self.store.add_session(hash(&token), Session { user_id, display_name, expires_at }, now).await?;
        Ok(self.cookie(&token, u64::try_from(seconds).unwrap_or_default()))
    }

    /// The session of a request, if it has a valid one.
    pub async fn of_request(&self, headers: &HeaderMap, now: Timestamp) -> store::Result<Option<Session>> {
        match self.id(headers) {
            Some(id) => self.store.session(id, now).await,
            None => Ok(None),
        }
    }

    /// The user who is signed in with a request's session, if it has a valid one.
    pub async fn identity(&self, headers: &HeaderMap, now: Timestamp) -> store::Result<Option<Identity>> {
        let session = self.of_request(headers, now).await?;
        let id = self.id(headers);
        Ok(session.map(|Session { user_id, expires_at, .. }| Identity { user_id, expires_at, session: id }))
    }

    /// The session id that a request's cookie claims; it is not verified.
    pub fn id(&self, headers: &HeaderMap) -> Option<SessionId> {
        self.token(headers).map(hash)
    }

    /// Ends the session of a request; returns the `Set-Cookie` header that deletes the cookie.
    pub async fn end(&self, headers: &HeaderMap) -> store::Result<String> {
        if let Some(id) = self.id(headers) {
            self.store.delete_session(id).await?;
        }
        Ok(self.cookie("", 0))
    }

    /// Whether a request carries the cookie, valid or not.
    pub fn is_present(&self, headers: &HeaderMap) -> bool {
        self.token(headers).is_some()
    }

    fn name(&self) -> &'static str {
        if self.is_secure { SECURE_NAME } else { PLAIN_NAME }
    }

    fn cookie(&self, token: &str, seconds: u64) -> String {
        let secure = if self.is_secure { "; Secure" } else { "" };
        format!("{}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}", self.name())
    }

    fn token<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        cookies
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find_map(|(name, value)| (name == self.name() && !value.is_empty()).then_some(value))
    }
}

fn hash(token: &str) -> SessionId {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::SqliteStore;

    fn cookies(is_secure: bool) -> SessionCookies {
        let store = SqliteStore::open_temporary(Box::new(drop)).expect("a store");
        SessionCookies::new(Arc::new(store), Duration::from_secs(60), is_secure)
    }

    fn with_cookie(text: &str) -> HeaderMap {
        [(COOKIE, text.parse().expect("a header"))].into_iter().collect()
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let plain = cookies(false);
        assert_eq!(plain.token(&with_cookie("theme=dark; tallywire_session=abc")), Some("abc"));
        assert_eq!(plain.token(&with_cookie("x_tallywire_session=abc; tallywire_session=")), None);
    }

    #[test]
    fn over_tls_only_a_cookie_that_this_host_has_set_counts() {
        let secure = cookies(true);
        assert_eq!(secure.token(&with_cookie("tallywire_session=theirs; __Host-tallywire_session=ours")), Some("ours"));
        assert_eq!(secure.token(&with_cookie("tallywire_session=theirs")), None);
    }

    #[test]
    fn scripts_cannot_read_the_cookie_and_other_sites_cannot_post_with_it() {
        let cookie = cookies(true).cookie("t", 60);
        for part in ["__Host-", "HttpOnly", "SameSite=Lax", "Secure", "Max-Age=60", "Path=/"] {
            assert!(cookie.contains(part), "{part} in {cookie}");
        }
    }
}
