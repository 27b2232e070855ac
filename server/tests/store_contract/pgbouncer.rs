//! The store of several nodes through PgBouncer in transaction mode.
//!
//! Owns a database for each promise, with one server and one pooler for all, and that no connection state leaks to
//! another client of the pooler. Must not contain a promise.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use server::store::postgres::PostgresStore;
use server::store::{CommitSink, Store};
use sqlx::{Connection as _, PgConnection};
use test_services::{PgBouncer, Postgres};

use crate::changes::{delivery, transaction};
use crate::harness::{Harness, Open};

/// The pooler and its server, shared by all tests of this process.
static POOLER: OnceLock<(PgBouncer, Postgres)> = OnceLock::new();

struct Pooled {
    pooler: String,
    direct: String,
}

impl Pooled {
    fn new() -> Self {
        let (pooler, server) = POOLER.get_or_init(|| {
            let server = Postgres::start().unwrap();
            (PgBouncer::start(&server).unwrap(), server)
        });
        let direct = server.create_database().unwrap();
        Self { pooler: pooler.url(&direct), direct }
    }
}

#[async_trait]
impl Open for Pooled {
    async fn open(&self, sink: CommitSink) -> Arc<dyn Store> {
        let store = PostgresStore::open_through(&self.pooler, &self.direct, sink).await.unwrap();
        Arc::new(store.forwarding(true))
    }
}

promises! { Pooled::new() }

promises! { several_nodes, Pooled::new() }
promises! { leases, Pooled::new() }
promises! { takeover, Pooled::new() }

#[tokio::test]
async fn nothing_of_a_transaction_stays_for_other_clients_of_the_pooler() {
    let pooled = Pooled::new();
    let it = Harness::of(&pooled).await;
    it.register("c1", "alice").await;
    let deliver = |number: usize| {
        let (it, id) = (&it, format!("t{number}"));
        async move { it.deliver(delivery(&id, "c1", vec![transaction(&id, "-1")])).await }
    };
    futures_util::future::join_all((0..40).map(deliver)).await;
    futures_util::future::join_all((0..4).map(|_| it.all("alice", None))).await;
    let mut clients = Vec::new();
    // Each call holds one of the pooler's connections.
    for _ in 0..5 {
        let options = pooled.pooler.parse::<sqlx::postgres::PgConnectOptions>().unwrap().extra_float_digits(None);
        let mut client = sqlx::ConnectOptions::connect(&options).await.unwrap();
        sqlx::raw_sql("BEGIN").execute(&mut client).await.unwrap();
        clients.push(client);
    }
    for client in &mut clients {
        for (name, expected) in [
            ("statement_timeout", "0"),
            ("lock_timeout", "0"),
            ("idle_in_transaction_session_timeout", "0"),
            ("default_transaction_read_only", "off"),
            ("transaction_isolation", "read committed"),
        ] {
            let setting: String = sqlx::query_scalar("SELECT current_setting($1)")
                .persistent(false)
                .bind(name)
                .fetch_one(&mut *client)
                .await
                .unwrap();
            assert_eq!(setting, expected, "{name}");
        }
    }
    let mut direct = PgConnection::connect(&pooled.direct).await.unwrap();
    let locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let locks: i64 = sqlx::query_scalar(locks).fetch_one(&mut direct).await.unwrap();
    assert_eq!(locks, 0, "locks end with their transactions");
}

#[tokio::test]
async fn settings_hold_in_each_transaction_so_that_nobody_waits_long_for_a_lock() {
    let pooled = Pooled::new();
    let it = Harness::of(&pooled).await;
    it.register("c1", "alice").await;
    let mut other = PgConnection::connect(&pooled.direct).await.unwrap();
    sqlx::raw_sql("BEGIN; SELECT 1 FROM owners FOR UPDATE").execute(&mut other).await.unwrap();
    let begun = std::time::Instant::now();
    let recorded = it.store.record_delivery(delivery("k1", "c1", vec![transaction("t1", "-1")]), it.now()).await;
    assert!(recorded.is_err(), "{recorded:?}");
    let waited = begun.elapsed().as_secs();
    assert!((5..25).contains(&waited), "{waited} s: as long as `lock_timeout`, and less than `statement_timeout`");
}
