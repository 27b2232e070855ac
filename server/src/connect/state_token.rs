//! States: the random text that an attempt sends to the provider and the callback returns.
//!
//! Owns creating one and its hash in the store. Must not store the text.

use sha2::{Digest as _, Sha256};

use crate::config::random_bytes;
use crate::store::StateHash;

/// A new state: 32 random bytes in hex.
pub(super) fn new() -> String {
    hex::encode(random_bytes())
}

/// The hash under which the store keeps a state, so that a stolen copy of the store is useless.
pub(super) fn hash(state: &str) -> StateHash {
    Sha256::digest(state).into()
}
