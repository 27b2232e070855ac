//! The embedded store.
//!
//! Owns a file for each promise. Must not contain a promise.

use std::sync::Arc;

use async_trait::async_trait;
use server::store::sqlite::SqliteStore;
use server::store::{CommitSink, Store};

use crate::harness::Open;

struct Sqlite(tempfile::TempDir);

impl Sqlite {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
}

#[async_trait]
impl Open for Sqlite {
    async fn open(&self, sink: CommitSink) -> Arc<dyn Store> {
        Arc::new(SqliteStore::open(&self.0.path().join("t.db"), sink).unwrap().forwarding(true))
    }
}

promises! { Sqlite::new() }
