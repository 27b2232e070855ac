//! The store of several nodes, on PostgreSQL.
//!
//! Owns a database for each promise, with one server for all. Must not contain a promise.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use server::store::postgres::PostgresStore;
use server::store::{CommitSink, Store};
use test_services::Postgres;

use crate::harness::Open;

/// The server of all tests in this process, which ends with the process.
static SERVER: OnceLock<Postgres> = OnceLock::new();

pub struct Database {
    pub url: String,
}

impl Database {
    pub fn new() -> Self {
        let server = SERVER.get_or_init(|| Postgres::start().unwrap());
        Self { url: server.create_database().unwrap() }
    }
}

#[async_trait]
impl Open for Database {
    async fn open(&self, sink: CommitSink) -> Arc<dyn Store> {
        Arc::new(PostgresStore::open(&self.url, sink).await.unwrap().forwarding(true))
    }
}

promises! { Database::new() }

promises! { several_nodes, Database::new() }
promises! { leases, Database::new() }
promises! { rate_limits, Database::new() }
promises! { slots, Database::new() }
promises! { slots_of_nodes, Database::new() }
promises! { takeover, Database::new() }
