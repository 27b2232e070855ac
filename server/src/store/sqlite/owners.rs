//! Users that have data, and the values that transactions of a connector share.
//!
//! Owns the tables `owners` and `sources`: the small ids that replace texts in every other table. Must not know which rows
//! refer to them.

use rusqlite::{Connection, OptionalExtension as _, params};
use wire::Transaction;

use crate::store::rows::Owner;
use crate::store::{Error, Result};

/// Finds a user.
pub(super) fn find(database: &Connection, user_id: &str) -> Result<Option<Owner>> {
    let mut statement = database.prepare_cached("SELECT id, seq FROM owners WHERE user_id = ?1")?;
    let owner = statement
        .query_row([user_id], |row| Ok(Owner { id: row.get(0)?, user_id: user_id.to_owned(), seq: row.get(1)? }));
    Ok(owner.optional()?)
}

/// The user with this row id.
pub(super) fn get(database: &Connection, id: i64) -> Result<Owner> {
    let mut statement = database.prepare_cached("SELECT user_id, seq FROM owners WHERE id = ?1")?;
    let owner = statement.query_row([id], |row| Ok(Owner { id, user_id: row.get(0)?, seq: row.get(1)? })).optional()?;
    owner.ok_or_else(|| Error::Corrupt(format!("there is no owner {id}")))
}

/// Finds a user, or creates the row.
pub(super) fn ensure(database: &Connection, user_id: &str) -> Result<Owner> {
    if let Some(owner) = find(database, user_id)? {
        return Ok(owner);
    }
    database.prepare_cached("INSERT INTO owners (user_id, seq) VALUES (?1, 0)")?.execute([user_id])?;
    Ok(Owner { id: database.last_insert_rowid(), user_id: user_id.to_owned(), seq: 0 })
}

/// Sets the newest event number.
pub(super) fn set_seq(database: &Connection, owner: i64, seq: u64) -> Result<()> {
    database.prepare_cached("UPDATE owners SET seq = ?2 WHERE id = ?1")?.execute(params![owner, seq])?;
    Ok(())
}

/// The id of the values that a transaction shares with others of its connector. Creates the row if needed.
pub(super) fn source(database: &Connection, transaction: &Transaction) -> Result<i64> {
    let names = params![transaction.connector_id, transaction.connector_type, transaction.source];
    let known = database
        .prepare_cached("SELECT id FROM sources WHERE connector_id = ?1 AND connector_type = ?2 AND source = ?3")?
        .query_row(names, |row| row.get(0))
        .optional()?;
    if let Some(id) = known {
        return Ok(id);
    }
    database
        .prepare_cached("INSERT INTO sources (connector_id, connector_type, source) VALUES (?1, ?2, ?3)")?
        .execute(names)?;
    Ok(database.last_insert_rowid())
}
