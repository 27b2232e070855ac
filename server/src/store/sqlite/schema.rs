//! The schema's versions.
//!
//! Owns migrating a database to the newest one, whatever release wrote it. Must not know what the tables are for.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::{layout, search};
use crate::store::{Error, Result};

/// Migrates the schema from the previous version.
enum Migration {
    Sql(&'static str),
    Code(fn(&Transaction<'_>) -> Result<()>),
}

const MIGRATIONS: [Migration; 17] = [
    Migration::Sql(include_str!("../../../migrations/sqlite/0001_init.sql")),
    Migration::Sql(include_str!("../../../migrations/sqlite/0002_outbox.sql")),
    Migration::Sql(include_str!("../../../migrations/sqlite/0003_delivery_latency.sql")),
    Migration::Sql(include_str!("../../../migrations/sqlite/0004_stuck_deliveries.sql")),
    Migration::Sql(include_str!("../../../migrations/sqlite/0005_owners.sql")),
    Migration::Sql(include_str!("../../../migrations/sqlite/0006_forgetting.sql")),
    Migration::Sql(include_str!("../../../migrations/sqlite/0007_probe.sql")),
    Migration::Sql(include_str!("../../../migrations/sqlite/0008_unpaused.sql")),
    Migration::Sql(include_str!("../../../migrations/sqlite/0009_deleted_connections.sql")),
    Migration::Sql(include_str!("../../../migrations/sqlite/0010_search.sql")),
    Migration::Sql(include_str!("../../../migrations/sqlite/0011_days.sql")),
    Migration::Code(layout::migrate),
    Migration::Sql(include_str!("../../../migrations/sqlite/0013_provider_ids.sql")),
    Migration::Sql(include_str!("../../../migrations/sqlite/0014_syncs.sql")),
    Migration::Sql(include_str!("../../../migrations/sqlite/0015_connects.sql")),
    Migration::Sql(include_str!("../../../migrations/sqlite/0016_last_events.sql")),
    Migration::Sql(include_str!("../../../migrations/sqlite/0017_external_users.sql")),
];

/// Migrates the schema to the newest version.
pub(super) fn migrate(connection: &mut Connection) -> Result<()> {
    search::add_function(connection)?;
    while migrate_once(connection)? {}
    Ok(())
}

/// Whether the schema has the newest version. The schema of a newer release is an error.
pub(super) fn is_newest(connection: &Connection) -> Result<bool> {
    let version: usize = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version > MIGRATIONS.len() {
        return Err(newer(version));
    }
    Ok(version == MIGRATIONS.len())
}

fn newer(version: usize) -> Error {
    Error::Corrupt(format!("its schema has version {version}, made by a newer release"))
}

/// Migrates the schema by one version; returns whether there was one. The version is read under the write lock, because
/// another server may be starting on the same file.
fn migrate_once(connection: &mut Connection) -> Result<bool> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: usize = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version > MIGRATIONS.len() {
        return Err(newer(version));
    }
    let Some(migration) = MIGRATIONS.get(version) else { return Ok(false) };
    match migration {
        Migration::Sql(sql) => transaction.execute_batch(sql)?,
        Migration::Code(migrate) => migrate(&transaction)?,
    }
    transaction.pragma_update(None, "user_version", version + 1)?;
    transaction.commit()?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A database as version `version` left it.
    fn of_version(version: usize) -> Connection {
        let connection = Connection::open_in_memory().expect("a database");
        search::add_function(&connection).expect("a function");
        for migration in &MIGRATIONS[..version] {
            let Migration::Sql(sql) = migration else { panic!("not a statement") };
            connection.execute_batch(sql).expect("migrated");
        }
        connection.pragma_update(None, "user_version", version).expect("set");
        connection
    }

    fn body(transaction_id: &str, date: &str, text: &str) -> String {
        format!(
            r#"{{"transactionId":"{transaction_id}","accountId":"a1","userId":"alice","connectionId":"c1","amount":-1,
                "currency":"AUD","date":"{date}","primaryType":"expense","description":"{text}","merchant":"Shop",
                "source":"BANK_API","connectorId":"basiq","connectorType":"bank","revision":1}}"#
        )
    }

    #[test]
    fn a_store_of_an_earlier_release_keeps_its_rows() {
        let mut connection = of_version(4);
        connection
            .execute_batch(
                "INSERT INTO connections VALUES ('basiq', 'c1', 'alice', NULL, NULL, 'active', 0);
                 INSERT INTO tombstones VALUES ('basiq', 'c1', 'a1', 't2', 0), ('basiq', 'gone', 'a1', 't3', 0);",
            )
            .expect("filled");
        let sql = "INSERT INTO transactions VALUES (7, 'alice', 'basiq', 'c1', 'a1', 't1', 0, '-1', 'AUD', 'expense', '', 3, ?1)";
        connection.execute(sql, [body("t1", "2025-11-13T10:00:00Z", "Tea")]).expect("filled");
        migrate(&mut connection).expect("migrated");
        let texts = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, String>(0)).expect("a row");
        let rows = "SELECT group_concat(t.id || user_id || transaction_id) FROM transactions t JOIN owners o ON o.id = t.owner";
        assert_eq!(texts(rows), "7alicet1");
        assert_eq!(texts("SELECT group_concat(transaction_id) FROM tombstones"), "t2");
        assert!(!super::super::epoch::epoch(&connection).expect("an epoch").is_empty());
    }

    #[test]
    fn rows_of_an_earlier_release_are_found_by_the_rule_of_today_and_keep_their_days() {
        let mut connection = of_version(9);
        for (id, date, text) in [
            ("t1", "2025-11-13T00:00:00Z", "\u{130}STANBUL Stra\u{df}e"),
            ("t2", "2025-11-13T10:00:00Z", "Cafe\u{301}"),
        ] {
            let sql = "INSERT INTO transactions VALUES (NULL, 'alice', 'basiq', 'c1', 'a1', ?1, 0, '-1', 'AUD', 'expense', 'old', 3, ?2)";
            connection.execute(sql, [id, &body(id, date, text)]).expect("filled");
        }
        migrate(&mut connection).expect("migrated");
        let mut statement = connection.prepare("SELECT is_day, search FROM transactions ORDER BY id").expect("a query");
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("rows");
        let rows: Vec<(bool, String)> = rows.collect::<rusqlite::Result<_>>().expect("rows");
        let expected = [(true, "istanbul strasse\nshop"), (false, "cafe\nshop")];
        assert_eq!(rows, expected.map(|(is_day, search)| (is_day, search.to_owned())));
    }

    #[test]
    fn a_row_that_cannot_be_read_stops_the_migration_and_changes_nothing() {
        let mut connection = of_version(11);
        let sql = "INSERT INTO transactions VALUES (7, 'alice', 'basiq', 'c1', 'a1', 't1', 0, '-1', 'AUD', 'expense', '', 3, '{}', 0)";
        connection.execute_batch(sql).expect("filled");
        let error = migrate(&mut connection).expect_err("refused").to_string();
        assert!(error.contains("transaction 7"), "{error}");
        let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).expect("a version");
        let count: i64 = connection.query_row("SELECT count(*) FROM transactions", [], |row| row.get(0)).expect("rows");
        assert_eq!((version, count), (11, 1));
    }
}
