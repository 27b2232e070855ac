//! Writing everything from another database.
//!
//! Owns the single database transaction of a copy: that the tables are empty and locked, that indexes are built from
//! complete tables, and that new ids continue after the copied ones. Must not know where the rows come from.

use futures_util::stream::StreamExt as _;
use sqlx::{AssertSqlSafe, ConnectOptions as _, PgConnection};

use super::{pool, schema};
use crate::store::transfer::row;
use crate::store::transfer::tables::{TABLES, Table};
use crate::store::{Error, Result};

/// The application name of its connections, which tells them from those of nodes.
const NAME: &str = "tallywire migrate";
/// A copy may wait and work for any length of time, whatever the user's settings are. Some of these settings are newer than
/// version 15.
const PATIENCE: &str = "SELECT set_config(name, '0', true) FROM pg_settings WHERE name IN
     ('statement_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout')";
/// How long it waits for a table, which nobody else should have locked.
const LOCK_TIMEOUT: &str = "SET LOCAL lock_timeout = '10s'";
/// Whether a node is running: it would hold leases or connections.
const HAS_NODES: &str = "SELECT EXISTS (SELECT 1 FROM leases WHERE expires_at > clock_timestamp())
     OR EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database()
         AND application_name LIKE 'tallywire%' AND application_name <> $1)";
/// Foreign keys and indexes, which are created from complete tables, with the statements that drop and create them.
const REFERENCES: &str = "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname),
         format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
     FROM pg_constraint WHERE contype = 'f' AND conrelid = ANY($1::text[]::regclass[]) ORDER BY conrelid, conname";
const INDEXES: &str = "SELECT format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid)
     FROM pg_index i WHERE indrelid = ANY($1::text[]::regclass[])
         AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = i.indexrelid) ORDER BY indrelid, indexrelid";

/// A database that is written to or compared. Dropping this rolls back uncommitted work.
pub(in crate::store) struct Import {
    connection: PgConnection,
    /// The statements that create what was dropped.
    removed: Vec<String>,
}

impl Import {
    /// Brings the schema of an empty database up to date and locks its tables.
    pub(in crate::store) async fn begin(url: &str) -> Result<Self> {
        let options = pool::options(url)?.application_name(NAME);
        schema::migrate(&options).await?;
        let mut connection = options.connect().await?;
        for statement in ["BEGIN", LOCK_TIMEOUT, PATIENCE] {
            run(&mut connection, statement.to_owned()).await?;
        }
        let tables = TABLES.iter().map(|table| table.name).collect::<Vec<_>>().join(", ");
        let locked = run(&mut connection, format!("LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE")).await;
        locked.map_err(|_| Error::Conflict("The target is in use: stop what uses it first"))?;
        let mut import = Self { connection, removed: Vec::new() };
        import.refuse_what_is_used().await?;
        import.remove_indexes().await?;
        run(&mut import.connection, "DELETE FROM meta WHERE name = 'epoch'".to_owned()).await?;
        Ok(import)
    }

    /// Opens a database to read it as of this moment.
    pub(in crate::store) async fn read_only(url: &str) -> Result<Self> {
        let mut connection = pool::options(url)?.application_name(NAME).connect().await?;
        run(&mut connection, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY".to_owned()).await?;
        run(&mut connection, PATIENCE.to_owned()).await?;
        Ok(Self { connection, removed: Vec::new() })
    }

    async fn refuse_what_is_used(&mut self) -> Result<()> {
        let has_nodes = sqlx::query_scalar(HAS_NODES).bind(NAME).fetch_one(&mut self.connection).await?;
        if has_nodes {
            return Err(Error::Conflict(
                "A server is running on the target, or ended within the last 30 s: stop it first",
            ));
        }
        // Even a new database has an epoch in `meta`.
        let tables = TABLES.iter().filter(|table| table.name != "meta");
        let tables: Vec<_> = tables.map(|table| format!("EXISTS (SELECT 1 FROM {})", table.name)).collect();
        let has_rows = sqlx::query_scalar(AssertSqlSafe(format!("SELECT {}", tables.join(" OR "))));
        if has_rows.fetch_one(&mut self.connection).await? {
            return Err(Error::Conflict("The target already contains data: it must be an empty database"));
        }
        Ok(())
    }

    async fn remove_indexes(&mut self) -> Result<()> {
        let tables: Vec<_> = TABLES.iter().map(|table| table.name).collect();
        let mut found: Vec<(String, String)> = Vec::new();
        for query in [REFERENCES, INDEXES] {
            found.extend(sqlx::query_as(query).bind(&tables).fetch_all(&mut self.connection).await?);
        }
        for (remove, make) in found {
            run(&mut self.connection, remove).await?;
            // Indexes come first, because checking foreign keys uses them.
            self.removed.insert(0, make);
        }
        Ok(())
    }

    /// Writes a table's rows. Each call of `next` returns some more of them.
    pub(in crate::store) async fn write(
        &mut self,
        table: &Table,
        mut next: impl AsyncFnMut() -> Result<Option<Vec<u8>>>,
    ) -> Result<()> {
        let statement = format!("COPY {} ({}) FROM STDIN (FORMAT binary)", table.name, table.names());
        let mut copy = self.connection.copy_in_raw(&statement).await?;
        copy.send(&row::HEADER[..]).await?;
        while let Some(rows) = next().await? {
            copy.send(rows).await?;
        }
        copy.send(&row::TRAILER[..]).await?;
        copy.finish().await?;
        Ok(())
    }

    /// Creates what was dropped, makes ids continue after the highest one, and collects statistics for the planner.
    pub(in crate::store) async fn complete(&mut self) -> Result<()> {
        for statement in std::mem::take(&mut self.removed) {
            run(&mut self.connection, statement).await?;
        }
        for table in TABLES {
            if table.is_numbered() {
                let next =
                    "SELECT setval(pg_get_serial_sequence('@', 'id'), max(id)) FROM @ HAVING max(id) IS NOT NULL";
                run(&mut self.connection, next.replace('@', table.name)).await?;
            }
            run(&mut self.connection, format!("ANALYZE {}", table.name)).await?;
        }
        Ok(())
    }

    /// Reads a table in key order.
    pub(in crate::store) async fn read(
        &mut self,
        table: &Table,
    ) -> Result<futures_util::stream::BoxStream<'_, Result<Vec<u8>>>> {
        let (names, condition) = (table.names(), table.condition());
        let query = format!("SELECT {names} FROM {} WHERE {condition} ORDER BY {}", table.name, table.order());
        let rows = self.connection.copy_out_raw(&format!("COPY ({query}) TO STDOUT (FORMAT binary)")).await?;
        Ok(rows.map(|bytes| Ok(bytes?.to_vec())).boxed())
    }

    /// Whether the next row of a table gets an unused id.
    pub(in crate::store) async fn numbers_on(&mut self, table: &Table) -> Result<bool> {
        let query = "SELECT coalesce(max(id), 0) <= coalesce(pg_sequence_last_value(pg_get_serial_sequence('@', 'id')::regclass), 0)
             FROM @";
        let query = sqlx::query_scalar(AssertSqlSafe(query.replace('@', table.name)));
        Ok(query.fetch_one(&mut self.connection).await?)
    }

    /// Commits.
    pub(in crate::store) async fn commit(mut self) -> Result<()> {
        run(&mut self.connection, "COMMIT".to_owned()).await
    }
}

async fn run(connection: &mut PgConnection, statement: String) -> Result<()> {
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(connection).await?;
    Ok(())
}
