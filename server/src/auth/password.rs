//! Passwords of local users.
//!
//! Owns hashing and checking them with argon2id. Must not keep a password, nor let the time of a check reveal whether
//! an e-mail address exists.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use argon2::{Algorithm, Argon2, Block, Params, PasswordHash, PasswordHasher as _, Version};
use parking_lot::Mutex;
use subtle::ConstantTimeEq as _;
use tokio::sync::Semaphore;

use crate::config::random_secret;
use crate::keyed_semaphore::KeyedSemaphore;
use crate::net::address::limit_key;

/// The shortest password that is accepted (NIST SP 800-63B asks for 8 at least).
pub const SHORTEST: usize = 10;
/// The longest password: longer ones only cost time.
const LONGEST: usize = 1000;

/// How many passwords are checked at once, in all and for one address.
const AT_ONCE: usize = 2;
const OF_AN_ADDRESS: usize = 1;
const TIMEOUT: Duration = Duration::from_secs(2);

/// Why a password cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Too short or absurdly long.
    #[error("a password must have between {SHORTEST} and {LONGEST} characters")]
    Length,
    /// It could not be hashed.
    #[error("the password could not be hashed")]
    Hash,
}

/// Hashes a password into a PHC string of argon2id with the crate's defaults (19 MiB, two passes: OWASP's first
/// choice).
pub async fn hash(password: String) -> Result<String, Error> {
    if !(SHORTEST..=LONGEST).contains(&password.chars().count()) {
        return Err(Error::Length);
    }
    tokio::task::spawn_blocking(move || hash_blocking(&password)).await.map_err(|_| Error::Hash)?
}

fn hash_blocking(password: &str) -> Result<String, Error> {
    Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string()).map_err(|_| Error::Hash)
}

/// Checks passwords, a few at a time: a check takes 19 MiB and CPU time, and callers need no credentials for it.
pub struct Passwords {
    /// Memory of finished checks, kept for the next ones: freed memory would stay with one of many threads.
    memory: Mutex<Vec<Vec<Block>>>,
    permits: Arc<Semaphore>,
    addresses: KeyedSemaphore<IpAddr>,
    /// How long a caller waits for a permit.
    timeout: Duration,
    /// A hash of a random password, made when first needed.
    dummy_hash: OnceLock<Option<String>>,
}

/// Too many passwords are being checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

impl Default for Passwords {
    fn default() -> Self {
        let (permits, addresses) = (Arc::new(Semaphore::new(AT_ONCE)), KeyedSemaphore::new(OF_AN_ADDRESS));
        Self { memory: Mutex::default(), permits, addresses, timeout: TIMEOUT, dummy_hash: OnceLock::new() }
    }
}

impl Passwords {
    /// Whether the password matches this hash. Without a hash (no such user) the same work is done for a hash that no
    /// password matches. `from` is the caller's address: permits per address leave some for others.
    pub async fn verify(
        self: &Arc<Self>,
        password: String,
        hash: Option<String>,
        from: Option<IpAddr>,
    ) -> Result<bool, Busy> {
        if password.len() > LONGEST * 4 {
            return Ok(false);
        }
        let from = from.filter(|address| !address.is_loopback()).map(limit_key);
        let permits = async {
            let of_address = match from {
                Some(address) => Some(self.addresses.acquire(&address).await),
                None => None,
            };
            (of_address, Arc::clone(&self.permits).acquire_owned().await)
        };
        let Ok((of_address, Ok(permit))) = tokio::time::timeout(self.timeout, permits).await else { return Err(Busy) };
        let passwords = Arc::clone(self);
        let work = move || {
            // The work holds the permits, not the caller: a disconnect does not stop the work.
            let _permits = (of_address, permit);
            let mut memory = passwords.memory.lock().pop().unwrap_or_default();
            let dummy_hash = || passwords.dummy_hash.get_or_init(|| hash_blocking(&random_secret()).ok()).clone();
            let has_user = hash.is_some();
            let matches = hash.or_else(dummy_hash).and_then(|hash| matches_hash(&password, &hash, &mut memory));
            passwords.memory.lock().push(memory);
            has_user && matches.unwrap_or(false)
        };
        Ok(tokio::task::spawn_blocking(work).await.unwrap_or(false))
    }
}

/// `None` if this server did not make the hash.
fn matches_hash(password: &str, hash: &str, memory: &mut Vec<Block>) -> Option<bool> {
    let parsed = PasswordHash::new(hash).ok()?;
    let (salt, expected) = (parsed.salt?, parsed.hash?);
    let version = parsed.version.map_or(Ok(Version::default()), Version::try_from).ok()?;
    let params = Params::try_from(&parsed).ok()?;
    memory.resize(params.block_count(), Block::default());
    let argon2 = Argon2::new(Algorithm::new(parsed.algorithm.as_str()).ok()?, version, params);
    let mut found = vec![0; expected.len()];
    argon2
        .hash_password_into_with_memory(password.as_bytes(), salt.as_ref(), &mut found, memory.as_mut_slice())
        .ok()?;
    Some(found.ct_eq(expected.as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_password_itself_matches_its_hash() {
        let hash = hash("correct horse".to_owned()).await.expect("hashed");
        assert!(hash.starts_with("$argon2id$"));
        let passwords = Arc::new(Passwords::default());
        let verify = |password: &str, hash: Option<&String>| passwords.verify(password.to_owned(), hash.cloned(), None);
        assert_eq!(verify("correct horse", Some(&hash)).await, Ok(true));
        assert_eq!(verify("correct horsf", Some(&hash)).await, Ok(false));
        assert_eq!(verify("correct horse", None).await, Ok(false));
    }

    #[tokio::test]
    async fn more_than_two_at_a_time_have_to_wait() {
        let passwords = Arc::new(Passwords { timeout: Duration::ZERO, ..Passwords::default() });
        let permits = passwords.permits.acquire_many(2).await.expect("both");
        assert_eq!(passwords.verify("correct horse".to_owned(), None, None).await, Err(Busy));
        drop(permits);
        assert_eq!(passwords.verify("correct horse".to_owned(), None, None).await, Ok(false));
    }

    #[tokio::test]
    async fn a_caller_that_disconnects_frees_no_permit_before_its_work_is_done() {
        let passwords = Arc::new(Passwords { timeout: Duration::ZERO, ..Passwords::default() });
        let callers: Vec<_> = (0..2)
            .map(|_| {
                let passwords = Arc::clone(&passwords);
                tokio::spawn(async move { passwords.verify("correct horse".to_owned(), None, None).await })
            })
            .collect();
        while passwords.permits.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        callers.iter().for_each(tokio::task::JoinHandle::abort);
        tokio::task::yield_now().await;
        assert_eq!(passwords.permits.available_permits(), 0);
        while passwords.permits.available_permits() < 2 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn an_address_that_tries_many_passwords_leaves_permits_for_others() {
        let passwords = Arc::new(Passwords { timeout: Duration::from_millis(50), ..Passwords::default() });
        let held = passwords.addresses.acquire(&IpAddr::from([198, 51, 100, 1])).await;
        let verify =
            |last: u8| passwords.verify("correct horse".to_owned(), None, Some(IpAddr::from([198, 51, 100, last])));
        assert_eq!(verify(1).await, Err(Busy));
        assert_eq!(verify(2).await, Ok(false));
        drop(held);
        assert_eq!(verify(1).await, Ok(false));
    }

    #[tokio::test]
    async fn a_short_password_is_refused() {
        assert_eq!(hash("123456789".to_owned()).await, Err(Error::Length));
    }
}
