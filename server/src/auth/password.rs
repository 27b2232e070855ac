//! Passwords of local users.
//!
//! Owns hashing and checking them with argon2id. Must not keep a password, nor take longer for an
//! e-mail address that exists than for one that does not.

use std::sync::OnceLock;

use argon2::{Argon2, PasswordHash, PasswordHasher as _, PasswordVerifier as _};

/// The shortest password that is taken (NIST SP 800-63B asks for 8 at least).
pub const SHORTEST: usize = 10;
/// Longer ones only cost time.
const LONGEST: usize = 1000;

/// Why a password cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Too short or absurdly long.
    #[error("a password has between {SHORTEST} and {LONGEST} characters")]
    Length,
    /// It could not be hashed.
    #[error("the password could not be hashed")]
    Hash,
}

/// A PHC string of argon2id with the crate's defaults (19 MiB, two passes: OWASP's first choice).
pub async fn hash(password: String) -> Result<String, Error> {
    if !(SHORTEST..=LONGEST).contains(&password.chars().count()) {
        return Err(Error::Length);
    }
    tokio::task::spawn_blocking(move || hash_blocking(&password)).await.map_err(|_| Error::Hash)?
}

fn hash_blocking(password: &str) -> Result<String, Error> {
    Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string()).map_err(|_| Error::Hash)
}

/// Whether the password is the one with this hash. Without a hash (no such user) the same work is
/// done for a hash that no password has.
pub async fn verify(password: String, hash: Option<String>) -> bool {
    if password.len() > LONGEST * 4 {
        return false;
    }
    let work = move || match hash {
        Some(hash) => matches_hash(&password, &hash),
        None => {
            let _ = nobody().map(|hash| matches_hash(&password, hash));
            false
        }
    };
    tokio::task::spawn_blocking(work).await.unwrap_or(false)
}

fn matches_hash(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|parsed| Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok())
}

/// A hash of a random password, made at the first need.
fn nobody() -> Option<&'static str> {
    static NOBODY: OnceLock<Option<String>> = OnceLock::new();
    NOBODY.get_or_init(|| hash_blocking(&crate::config::random_secret()).ok()).as_deref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_password_itself_matches_its_hash() {
        let hash = hash("correct horse".to_owned()).await.expect("hashed");
        assert!(hash.starts_with("$argon2id$"));
        assert!(verify("correct horse".to_owned(), Some(hash.clone())).await);
        assert!(!verify("correct horsf".to_owned(), Some(hash)).await);
        assert!(!verify("correct horse".to_owned(), None).await);
    }

    #[tokio::test]
    async fn a_short_password_is_refused() {
        assert_eq!(hash("123456789".to_owned()).await, Err(Error::Length));
    }
}
