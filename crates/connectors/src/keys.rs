//! The keys that providers publish, as verification sees them.
//!
//! Owns the port through which a provider gets one. Must not fetch: the server does, and caches them.

use std::fmt;

/// Which key a signature was made with, as its headers name it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KeyId {
    /// The provider's id.
    pub provider: &'static str,
    /// The provider's own name of the key.
    pub name: String,
}

impl fmt::Display for KeyId {
    /// Only what is safe in a log: a name comes from a stranger's header.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name: String = self.name.chars().filter(char::is_ascii_graphic).take(60).collect();
        write!(f, "{}/{name}", self.provider)
    }
}

/// The keys that were fetched.
pub trait KeySource: Send + Sync {
    /// A key as its provider publishes it; nothing where it is not at hand.
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
