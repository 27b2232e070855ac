//! Reading everything for a copy in another database.
//!
//! Owns that the file is locked and not changed meanwhile, and how each column maps to PostgreSQL's schema. Must not know
//! where the rows go.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use serde::Deserialize;

use super::mark::Mark;
use super::{epoch, event_log, schema};
use crate::store::transfer::row;
use crate::store::transfer::tables::{Kind, Table};
use crate::store::{Epoch, Error, Result};

/// A database that is read.
pub(in crate::store) struct Export {
    connection: Connection,
    epoch: Epoch,
}

impl Export {
    /// Opens a file exclusively. Fails while a server runs on it; while it is open, no server can start on it.
    pub(in crate::store) fn open(path: &Path) -> Result<Self> {
        if !path.is_file() {
            return Err(Error::Unavailable(format!("{}: there is no such file", path.display())));
        }
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        lock(&connection)?;
        if !schema::is_newest(&connection)? {
            return Err(Error::Conflict(
                "The database was written by an earlier release: start this release's server on it once, then stop it",
            ));
        }
        if Mark::of(path).is_ahead_of(&connection)? {
            return Err(Error::Conflict(
                "The database has lost its newest changes: start the server on it once, so that a new epoch begins, then stop it",
            ));
        }
        add_function(&connection)?;
        let epoch = Epoch::new(epoch::epoch(&connection)?, 1);
        Ok(Self { connection, epoch })
    }

    /// The number of a table's rows to copy.
    pub(in crate::store) fn count(&self, table: &Table) -> Result<u64> {
        let sql = format!("SELECT count(*) FROM {} WHERE {}", table.name, table.condition());
        Ok(self.connection.query_row(&sql, [], |row| row.get(0))?)
    }

    /// Reads a table in key order, row by row.
    pub(in crate::store) fn read(&self, table: &Table, take: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        if table.name == "events" {
            return self.events(table, take);
        }
        let columns: Vec<_> = table.columns.iter().map(|(name, _)| expression(table.name, name)).collect();
        let sql = format!(
            "SELECT {} FROM {} WHERE {} ORDER BY {}",
            columns.join(", "),
            table.name,
            table.condition(),
            table.order()
        );
        let mut statement = self.connection.prepare(&sql)?;
        let mut rows = statement.query([])?;
        let mut bytes = Vec::new();
        while let Some(read) = rows.next()? {
            bytes.clear();
            row::begin(&mut bytes, table.columns.len());
            for (index, (column, kind)) in table.columns.iter().enumerate() {
                if !push(&mut bytes, *kind, read.get_ref(index)?) {
                    let key = read.get_ref(0)?;
                    return Err(Error::Corrupt(format!(
                        "{}, row {key:?}: PostgreSQL cannot store its {column}",
                        table.name
                    )));
                }
            }
            take(&bytes)?;
        }
        Ok(())
    }

    /// Reads the events. Payloads that are not stored are built from their transactions.
    fn events(&self, table: &Table, take: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let mut bytes = Vec::new();
        event_log::each(&self.connection, &self.epoch, |event| {
            bytes.clear();
            row::begin(&mut bytes, table.columns.len());
            for number in [event.owner, event.seq, event.name, event.at] {
                row::push(&mut bytes, Some(&number.to_be_bytes()));
            }
            row::push(&mut bytes, Some(event.payload.as_bytes()));
            take(&bytes)
        })
    }
}

/// Locks the file and prevents changes to it. In this locking mode the connection keeps every lock that it has had, so one
/// exclusive transaction is enough: <https://sqlite.org/pragma.html#pragma_locking_mode>. Pages in the write-ahead log stay
/// there.
fn lock(connection: &Connection) -> Result<()> {
    let locked = connection
        .execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT; PRAGMA query_only = ON")
        .map_err(Error::from);
    match locked {
        Err(Error::Unavailable(_)) => return Err(Error::Conflict("The database is in use: stop the server first")),
        other => other?,
    }
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    Ok(())
}

/// The SQL expression for a column's value, which for some columns differs in PostgreSQL.
fn expression<'a>(table: &str, column: &'a str) -> &'a str {
    match (table, column) {
        // PostgreSQL counts by id and SQLite by hash. The move restarts at its first transaction and skips those already
        // moved.
        ("accounts", "moved_up_to") => "0",
        ("transactions", "provider_id") => "provider_id(details)",
        _ => column,
    }
}

/// Adds `provider_id`, which reads the provider's newest id from the details, because its column in SQLite is a hash.
fn add_function(connection: &Connection) -> Result<()> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Details {
        provider_transaction_id: Option<String>,
    }
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_DIRECTONLY;
    connection.create_scalar_function("provider_id", 1, flags, |details| {
        let Some(details) = details.get_raw(0).as_str_or_null()? else { return Ok(None) };
        let details: Details =
            serde_json::from_str(details).map_err(|error| rusqlite::Error::UserFunctionError(error.into()))?;
        Ok(details.provider_transaction_id)
    })?;
    Ok(())
}

/// Appends a value; returns whether PostgreSQL can store it. PostgreSQL cannot store U+0000 in a text.
fn push(bytes: &mut Vec<u8>, kind: Kind, value: ValueRef<'_>) -> bool {
    match (kind, value) {
        (_, ValueRef::Null) => row::push(bytes, None),
        (Kind::Int, ValueRef::Integer(number)) => row::push(bytes, Some(&number.to_be_bytes())),
        (Kind::Bool, ValueRef::Integer(number @ (0 | 1))) => row::push(bytes, Some(&[u8::from(number == 1)])),
        (Kind::Text, ValueRef::Text(text)) if !text.contains(&0) => row::push(bytes, Some(text)),
        (Kind::Bytes, ValueRef::Blob(blob)) => row::push(bytes, Some(blob)),
        _ => return false,
    }
    true
}
