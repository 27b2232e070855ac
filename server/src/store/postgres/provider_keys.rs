//! The keys that verify webhooks, and the credentials of connections.
//!
//! Owns the table `provider_keys`. Must not know what a key is for.

use jiff::Timestamp;
use sqlx::PgConnection;

use crate::store::{ProviderKey, Result};

/// The keys that have not expired.
pub(super) async fn all(database: &mut PgConnection, now: Timestamp) -> Result<Vec<ProviderKey>> {
    let rows: Vec<(String, String, Vec<u8>, i64)> =
        sqlx::query_as("SELECT provider, name, bytes, until FROM provider_keys WHERE until > $1")
            .bind(now.as_millisecond())
            .fetch_all(database)
            .await?;
    Ok(rows.into_iter().map(|(provider, name, bytes, until)| ProviderKey { provider, name, bytes, until }).collect())
}

/// Stores a key and deletes expired ones.
pub(super) async fn keep(database: &mut PgConnection, key: &ProviderKey, now: Timestamp) -> Result<()> {
    sqlx::query("DELETE FROM provider_keys WHERE until <= $1")
        .bind(now.as_millisecond())
        .execute(&mut *database)
        .await?;
    sqlx::query(
        "INSERT INTO provider_keys (provider, name, bytes, until) VALUES ($1, $2, $3, $4)
         ON CONFLICT (provider, name) DO UPDATE SET bytes = EXCLUDED.bytes, until = EXCLUDED.until",
    )
    .bind(&key.provider)
    .bind(&key.name)
    .bind(&key.bytes)
    .bind(key.until)
    .execute(database)
    .await?;
    Ok(())
}

/// The encrypted credentials for calls to a connection's provider.
pub(super) async fn credentials(
    database: &mut PgConnection,
    (connector_id, connection_id): (&str, &str),
) -> Result<Option<Vec<u8>>> {
    let sealed: Option<Option<Vec<u8>>> = sqlx::query_scalar(
        "SELECT s.credentials FROM syncs s JOIN connections c ON c.id = s.connection
         WHERE c.connector_id = $1 AND c.connection_id = $2 AND c.removed_at IS NULL",
    )
    .bind(connector_id)
    .bind(connection_id)
    .fetch_optional(database)
    .await?;
    Ok(sealed.flatten())
}
