//! Connections' credentials as they are stored.
//!
//! Owns their encryption under `CREDENTIALS_KEY` (AES-256-GCM-SIV, RFC 8452, with a random nonce for each value), and
//! the rotation of keys. Must not log credentials or pass them to anything but a call to the provider.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, Nonce, RandomizedNonceKey};
use connectors::fetch::Credentials;

/// The length of a nonce, in bytes.
const NONCE: usize = 12;
/// The first byte of the ciphertext: the version of its format.
const FORM: u8 = 1;

/// Why credentials are not available.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialsError {
    /// `CREDENTIALS_KEY` is not set.
    #[error("CREDENTIALS_KEY is not set")]
    NoKey,
    /// None of the keys can decrypt them.
    #[error("no key in CREDENTIALS_KEY decrypts the connection's credentials")]
    WrongKey,
    /// They could not be encrypted.
    #[error("the credentials could not be encrypted")]
    NotEncrypted,
}

/// The keys, newest first.
#[derive(Clone, Default)]
pub struct CredentialKeys(Arc<[RandomizedNonceKey]>);

impl CredentialKeys {
    /// Takes the keys, newest first: the first one encrypts, and any of them decrypts.
    pub fn new(keys: impl IntoIterator<Item = [u8; 32]>) -> Self {
        // A key of 32 bytes is always accepted.
        Self(keys.into_iter().filter_map(|key| RandomizedNonceKey::new(&AES_256_GCM_SIV, &key).ok()).collect())
    }

    /// Whether there is a key to encrypt with.
    pub fn can_seal(&self) -> bool {
        !self.0.is_empty()
    }

    /// Encrypts credentials for storage: the format version, the nonce, and the encrypted names and values with their
    /// tag. They can be decrypted for this connection only.
    pub fn seal(&self, credentials: &Credentials, connection: (&str, &str)) -> Result<Vec<u8>, CredentialsError> {
        let key = self.0.first().ok_or(CredentialsError::NoKey)?;
        let mut sealed = serde_json::to_vec(&credentials.0).map_err(|_| CredentialsError::NotEncrypted)?;
        let nonce = key.seal_in_place_append_tag(Aad::from(bound_to(connection)), &mut sealed);
        let nonce = nonce.map_err(|_| CredentialsError::NotEncrypted)?;
        Ok([&[FORM][..], nonce.as_ref(), &sealed].concat())
    }

    /// Decrypts the credentials stored for this connection.
    pub fn open(&self, bytes: &[u8], connection: (&str, &str)) -> Result<Credentials, CredentialsError> {
        if self.0.is_empty() {
            return Err(CredentialsError::NoKey);
        }
        let rest = bytes.strip_prefix(&[FORM]).ok_or(CredentialsError::WrongKey)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE>().ok_or(CredentialsError::WrongKey)?;
        let open = |key: &RandomizedNonceKey| {
            let (aad, nonce) = (Aad::from(bound_to(connection)), Nonce::assume_unique_for_key(*nonce));
            let mut text = sealed.to_vec();
            let read = key.open_in_place(nonce, aad, &mut text).ok()?;
            serde_json::from_slice::<BTreeMap<String, String>>(read).ok()
        };
        self.0.iter().find_map(open).map(Credentials).ok_or(CredentialsError::WrongKey)
    }
}

/// The associated data that binds a ciphertext to its connection: in place of another one's it does not decrypt.
fn bound_to((connector_id, connection_id): (&str, &str)) -> Vec<u8> {
    [connector_id.as_bytes(), &[0], connection_id.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials() -> Credentials {
        Credentials([("accessToken".to_owned(), "access-sandbox-1".to_owned())].into())
    }

    #[test]
    fn credentials_open_for_their_own_connection_and_under_their_key() {
        let keys = CredentialKeys::new([[1; 32]]);
        let sealed = keys.seal(&credentials(), ("plaid", "item-1")).expect("sealed");
        assert!(!sealed.windows(6).any(|window| window == b"access"));
        assert_eq!(keys.open(&sealed, ("plaid", "item-1")), Ok(credentials()));
        for connection in [("plaid", "item-2"), ("up", "item-1"), ("plaiditem", "-1")] {
            assert_eq!(keys.open(&sealed, connection), Err(CredentialsError::WrongKey), "{connection:?}");
        }
        let other = CredentialKeys::new([[2; 32]]);
        assert_eq!(other.open(&sealed, ("plaid", "item-1")), Err(CredentialsError::WrongKey));
        assert_eq!(CredentialKeys::default().open(&sealed, ("plaid", "item-1")), Err(CredentialsError::NoKey));
    }

    #[test]
    fn a_new_key_encrypts_and_the_former_one_still_opens() {
        let former = CredentialKeys::new([[1; 32]]);
        let both = CredentialKeys::new([[2; 32], [1; 32]]);
        let old = former.seal(&credentials(), ("plaid", "item-1")).expect("sealed");
        assert_eq!(both.open(&old, ("plaid", "item-1")), Ok(credentials()));
        let new = both.seal(&credentials(), ("plaid", "item-1")).expect("sealed");
        assert_eq!(CredentialKeys::new([[2; 32]]).open(&new, ("plaid", "item-1")), Ok(credentials()));
        assert_ne!(new, both.seal(&credentials(), ("plaid", "item-1")).expect("sealed"), "each has a nonce of its own");
    }

    #[test]
    fn what_was_changed_or_cut_does_not_open() {
        let keys = CredentialKeys::new([[1; 32]]);
        let sealed = keys.seal(&credentials(), ("plaid", "item-1")).expect("sealed");
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert!(keys.open(&changed, ("plaid", "item-1")).is_err(), "{index}");
            assert!(keys.open(&sealed[..index], ("plaid", "item-1")).is_err(), "{index}");
        }
    }
}
