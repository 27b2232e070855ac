//! States: what goes to a provider with the person and has to come back with them.
//!
//! Owns making one and what the store knows it by. Must not keep one.

use sha2::{Digest as _, Sha256};

use crate::config::random_bytes;
use crate::store::StateHash;

/// A new one: 32 random bytes in hex.
pub(super) fn new() -> String {
    hex::encode(random_bytes())
}

/// What the store knows a state by, so that a stolen copy of it is of no use.
pub(super) fn hash(state: &str) -> StateHash {
    Sha256::digest(state).into()
}
