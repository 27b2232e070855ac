//! The store that a configuration selects.
//!
//! Owns which store a configuration selects. Must not know what it is used for.

use std::path::Path;
use std::sync::Arc;

use crate::config::{Config, DatabaseConfig};
use crate::metrics::Metrics;
use crate::store::postgres::PostgresStore;
use crate::store::sqlite::SqliteStore;
use crate::store::{CommitSink, Result, Store};

/// Opens the store. Its commits go to `on_commit` and are counted.
pub async fn open(config: &Config, on_commit: CommitSink, metrics: &Metrics) -> Result<Arc<dyn Store>> {
    let commits = metrics.commits.clone();
    let (forwards, purges) = (config.core_app.is_some(), config.sync.purge_on_revoked);
    let file = |path: Option<&Path>, on_commit| match path {
        Some(path) => SqliteStore::open(path, on_commit),
        None => SqliteStore::open_temporary(on_commit),
    };
    Ok(match &config.database {
        DatabaseConfig::Postgres(url) => {
            let store = match &config.database_direct {
                Some(direct) if direct.expose() != url.expose() => {
                    PostgresStore::open_through(url.expose(), direct.expose(), on_commit).await?
                }
                _ => PostgresStore::open(url.expose(), on_commit).await?,
            };
            Arc::new(store.forwarding(forwards).purging_revoked(purges).counting(commits))
        }
        database => {
            let store = file(database.file(), on_commit)?;
            Arc::new(store.forwarding(forwards).purging_revoked(purges).counting(commits))
        }
    })
}
