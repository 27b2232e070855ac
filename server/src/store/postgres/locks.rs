//! Locks until the end of a unit of work.
//!
//! Owns their order: a connection's lock first, then its owner's row (`owners.rs`). Must not be needed for reads.

use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;

use crate::store::Result;

/// Distinguishes these locks from other advisory locks of the database, such as that of migrations.
const SPACE: &[u8] = b"tallywire connection";

/// Waits until no unit of work on any node has locked this connection, registered or not. This keeps the ids of its
/// deliveries in commit order, and every later unit of work sees its registration or removal.
pub(super) async fn connection(database: &mut PgConnection, connector_id: &str, connection_id: &str) -> Result<()> {
    let lock = sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(key(connector_id, connection_id));
    lock.execute(database).await?;
    Ok(())
}

/// Locks those of these connections that no other unit of work has locked; returns whether each is locked now. Never waits.
pub(super) async fn free_connections(database: &mut PgConnection, connections: &[(&str, &str)]) -> Result<Vec<bool>> {
    let keys: Vec<i64> =
        connections.iter().map(|(connector_id, connection_id)| key(connector_id, connection_id)).collect();
    let locks = sqlx::query_scalar("SELECT pg_try_advisory_xact_lock(key) FROM unnest($1::bigint[]) AS keys (key)");
    Ok(locks.bind(keys).fetch_all(database).await?)
}

/// Two connections with the same key wait for each other, with no further effect.
fn key(connector_id: &str, connection_id: &str) -> i64 {
    let digest = Sha256::new()
        .chain_update(SPACE)
        .chain_update([0])
        .chain_update(connector_id)
        .chain_update([0])
        .chain_update(connection_id)
        .finalize();
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&digest[..8]);
    i64::from_be_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::key;

    #[test]
    fn nodes_of_every_release_use_the_same_lock_for_a_connection() {
        assert_eq!(key("basiq", "c1"), key("basiq", "c1"));
        assert_ne!(key("basiq", "c1"), key("basi", "qc1"));
    }
}
