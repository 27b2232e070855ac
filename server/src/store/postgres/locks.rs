//! Locks until the end of a unit of work.
//!
//! Owns the order in which they are taken: a connection's first, then its owner's row (`owners.rs`). Must not be needed to
//! read.

use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;

use crate::store::Result;

/// Sets these locks apart from other advisory locks of the database, such as that of migrations.
const SPACE: &[u8] = b"tallywire connection";

/// Waits until no other unit of work of any node is about this connection, registered or not. So the ids of its deliveries
/// are in the order of their commits, and a registration or removal is known to all that follows.
pub(super) async fn connection(database: &mut PgConnection, connector_id: &str, connection_id: &str) -> Result<()> {
    let lock = sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(key(connector_id, connection_id));
    lock.execute(database).await?;
    Ok(())
}

/// Locks those of these connections that no other unit of work is about; whether it has each. Waits for none.
pub(super) async fn free_connections(database: &mut PgConnection, connections: &[(&str, &str)]) -> Result<Vec<bool>> {
    let keys: Vec<i64> =
        connections.iter().map(|(connector_id, connection_id)| key(connector_id, connection_id)).collect();
    let locks = sqlx::query_scalar("SELECT pg_try_advisory_xact_lock(key) FROM unnest($1::bigint[]) AS keys (key)");
    Ok(locks.bind(keys).fetch_all(database).await?)
}

/// Two connections with one key wait for one another, and nothing else comes of it.
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
