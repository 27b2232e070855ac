//! Checks that a copy is complete: each table and column of either schema is copied or has a reason why not.

use std::collections::BTreeSet;

use sqlx::Connection as _;
use test_services::Postgres;

use super::tables::{Kind, NOT_COPIED, TABLES};
use crate::store::Store as _;
use crate::store::postgres::PostgresStore;
use crate::store::sqlite::SqliteStore;

/// The columns that only SQLite has, and why they are not copied.
const OF_SQLITE: [(&str, &str, &str); 6] = [
    ("transactions", "key_hash", "PostgreSQL indexes the whole id"),
    ("transactions", "provider_hash", "made of the details, as `provider_id`"),
    ("tombstones", "key_hash", "PostgreSQL indexes the whole id"),
    ("deliveries", "key_hash", "PostgreSQL indexes the whole key"),
    ("events", "key", "copied as `owner` and `seq`"),
    ("events", "subject", "every event has its payload in PostgreSQL"),
];

/// The columns that only PostgreSQL has, and why they stay empty.
const OF_POSTGRES: [(&str, &str, &str); 1] = [("connects", "followed_until", "the claim of a running node")];

type Columns = BTreeSet<(String, String)>;

fn copied() -> Columns {
    let columns = TABLES.iter().flat_map(|table| table.columns.iter().map(|(column, _)| (table.name, *column)));
    columns.map(|(table, column)| (table.to_owned(), column.to_owned())).collect()
}

fn is_copied(table: &str) -> bool {
    NOT_COPIED.iter().all(|(name, _)| *name != table)
}

#[tokio::test]
async fn every_table_and_column_of_sqlite_is_copied_or_named_with_a_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("t.db");
    SqliteStore::open(&path, Box::new(|_| {})).expect("a store").close().await;
    let database = rusqlite::Connection::open(&path).expect("opened");
    let mut columns = database
        .prepare(
            "SELECT t.name, c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c
             WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite!_%' ESCAPE '!'",
        )
        .expect("a query");
    let rows = columns.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("rows");
    let mut found: Columns = rows.collect::<rusqlite::Result<_>>().expect("rows");
    found.retain(|(table, _)| is_copied(table));
    for (table, column, _) in OF_SQLITE {
        assert!(found.remove(&(table.to_owned(), column.to_owned())), "{table}.{column} is gone");
    }
    let of_postgres = [("events", "owner"), ("events", "seq"), ("transactions", "provider_id")];
    let made = of_postgres.map(|(table, column)| (table.to_owned(), column.to_owned()));
    assert_eq!(found, &copied() - &Columns::from(made));
    let meta: i64 =
        database.query_row("SELECT count(*) FROM meta WHERE name <> 'epoch'", [], |row| row.get(0)).expect("a count");
    assert_eq!(meta, 0, "what else is in `meta` has to be copied as well");
}

#[tokio::test]
async fn every_table_and_column_of_postgresql_is_copied_or_named_with_a_reason() {
    let server = Postgres::start().expect("started");
    let url = server.create_database().expect("made");
    PostgresStore::open(&url, Box::new(|_| {})).await.expect("a store").close().await;
    let mut database = sqlx::PgConnection::connect(&url).await.expect("connected");
    let found: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT table_name::text, column_name::text, data_type::text FROM information_schema.columns
         WHERE table_schema = 'public'",
    )
    .fetch_all(&mut database)
    .await
    .expect("rows");
    let found = found.into_iter().filter(|(table, ..)| is_copied(table));
    let mut found: BTreeSet<_> = found.collect();
    for (table, column, _) in OF_POSTGRES {
        let before = found.len();
        found.retain(|(of, name, _)| (of.as_str(), name.as_str()) != (table, column));
        assert_eq!(found.len() + 1, before, "{table}.{column} is gone");
    }
    let expected =
        TABLES.iter().flat_map(|table| table.columns.iter().map(|(column, kind)| (table.name, *column, *kind)));
    let of_type = |kind| match kind {
        Kind::Int => "bigint",
        Kind::Bool => "boolean",
        Kind::Text => "text",
        Kind::Bytes => "bytea",
    };
    let expected: BTreeSet<_> =
        expected.map(|(table, column, kind)| (table.to_owned(), column.to_owned(), of_type(kind).to_owned())).collect();
    assert_eq!(found, expected);
    let numbered =
        TABLES.iter().filter(|table| table.is_numbered()).map(|table| table.name.to_owned()).collect::<BTreeSet<_>>();
    let identities: Vec<String> = sqlx::query_scalar(
        "SELECT table_name::text FROM information_schema.columns WHERE table_schema = 'public' AND is_identity = 'YES'",
    )
    .fetch_all(&mut database)
    .await
    .expect("rows");
    let identities = identities.into_iter().filter(|table| is_copied(table));
    assert_eq!(identities.collect::<BTreeSet<_>>(), numbered, "ids that go on after the copied ones");
}
