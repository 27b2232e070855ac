//! Keys that are not configured, as verification sees them: providers publish them, or each connection is registered
//! with one.
//!
//! Owns the port through which a provider gets a key. Must not fetch: the server does, and caches keys.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

/// Which key made a signature, as its headers name it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KeyId {
    /// The provider's id.
    pub provider: Cow<'static, str>,
    /// The provider's own name of the key.
    pub name: String,
}

impl fmt::Display for KeyId {
    /// Shows only characters that are safe in a log: a name comes from the header of an unverified request.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name: String = self.name.chars().filter(char::is_ascii_graphic).take(60).collect();
        write!(f, "{}/{name}", self.provider)
    }
}

/// A key as [`Provider::read_key`](crate::Provider::read_key) reads it from an answer.
#[derive(Clone, PartialEq, Eq)]
pub struct FetchedKey {
    /// The id under which it is stored, replacing an older key. It may differ from the requested one.
    pub id: KeyId,
    /// What [`KeySource::key`] returns for it.
    pub bytes: Vec<u8>,
    /// How long it may be kept.
    pub lifetime: Duration,
}

impl fmt::Debug for FetchedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FetchedKey").field("id", &self.id).field("lifetime", &self.lifetime).finish_non_exhaustive()
    }
}

/// The fetched or registered keys.
pub trait KeySource: Send + Sync {
    /// The bytes of a [`FetchedKey`], or the text of a credential
    /// ([`Provider::key_credential`](crate::Provider::key_credential)); `None` if it is not available.
    fn key(&self, id: &KeyId) -> Option<Vec<u8>>;
}

/// For providers whose secrets are all configured.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoKeys;

impl KeySource for NoKeys {
    fn key(&self, _: &KeyId) -> Option<Vec<u8>> {
        None
    }
}
