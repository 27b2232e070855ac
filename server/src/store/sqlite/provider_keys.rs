//! Keys that providers publish.
//!
//! Owns the table `provider_keys`. Must not know what a key is for.

use jiff::Timestamp;
use rusqlite::{Connection as Database, params};

use crate::store::{ProviderKey, Result};

/// The keys that have not expired.
pub(super) fn all(database: &Database, now: Timestamp) -> Result<Vec<ProviderKey>> {
    let mut statement =
        database.prepare_cached("SELECT provider, name, bytes, until FROM provider_keys WHERE until > ?1")?;
    let rows = statement.query_map([now.as_millisecond()], |row| {
        Ok(ProviderKey { provider: row.get(0)?, name: row.get(1)?, bytes: row.get(2)?, until: row.get(3)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Stores a key and deletes expired ones.
pub(super) fn keep(database: &Database, key: &ProviderKey, now: Timestamp) -> Result<()> {
    database.prepare_cached("DELETE FROM provider_keys WHERE until <= ?1")?.execute([now.as_millisecond()])?;
    database
        .prepare_cached("INSERT OR REPLACE INTO provider_keys (provider, name, bytes, until) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![key.provider, key.name, key.bytes, key.until])?;
    Ok(())
}
