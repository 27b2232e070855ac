//! Short keys for long ids.
//!
//! Owns the hash that indexes store instead of ids chosen by others. It must never change, because it is stored. Two ids
//! may have the same hash, so a lookup also compares the whole id.

use sha2::{Digest as _, Sha256};

/// The hash of an id within its table.
pub(super) fn of(id: &str) -> i64 {
    first(&Sha256::digest(id))
}

/// The hash of a delivery's key, which is unique only within its connector.
pub(super) fn of_delivery(connector_id: &str, key: &str) -> i64 {
    first(&Sha256::new().chain_update(connector_id).chain_update([0]).chain_update(key).finalize())
}

fn first(digest: &[u8]) -> i64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&digest[..8]);
    i64::from_be_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hashes_that_are_stored_stay_as_they_are() {
        assert_eq!(of("t1"), 0x628b_49d9_6dcd_e97a_u64.cast_signed());
        assert_ne!(of_delivery("basiq", "k"), of_delivery("basi", "qk"));
    }
}
